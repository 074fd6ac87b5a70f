/** Markup that is safe to put into a page as it is. Everything else is escaped on its way in. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | null | readonly (Markup | string)[];

/** Template of a page's part: what is filled in is escaped unless it is markup itself; null is left out. */
export function html(parts: TemplateStringsArray, ...filled: readonly Part[]): Markup {
  return new Markup(parts.map((part, i) => part + written(filled[i] ?? null)).join(''));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']|(?![\t\n\r])\p{Cc}/gu, (char) => ENTITIES[char] ?? '\ufffd');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function written(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(written).join('');
  return escapeHtml(String(part));
}
