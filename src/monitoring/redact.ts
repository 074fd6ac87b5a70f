const MIN_SECRET_LENGTH = 6;
const REDACTED = '[redacted]';

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/**
 * Takes these values out of texts wherever they stand: as they are, as they stand inside JSON, in a URL, and in base64.
 * Values of fewer than six characters are left, since words would be.
 */
export function redactor(secrets: readonly string[]): Redact {
  const forms = new Set(secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH).flatMap(formsOf));
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(any, REDACTED);
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const plain = [secret, encodeURIComponent(secret), new URLSearchParams({ x: secret }).toString().slice(2), encodeURI(secret)];
  const coded = [base64, base64.replace(/=+$/, ''), Buffer.from(secret).toString('base64url'), encodeURIComponent(base64)];
  const all = [...plain, ...coded];
  return [...all, ...all.map((form) => JSON.stringify(form).slice(1, -1))];
}
