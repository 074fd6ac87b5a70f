import { AsyncLocalStorage } from 'node:async_hooks';
import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { RotatingFile } from './rotating-file.ts';

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

export interface LoggerOptions {
  readonly level: string;
  /** Where lines go besides `write`; no file unless told. */
  readonly file?: string | undefined;
  /** Values that never appear, wherever they stand in a line: keys, tokens, addresses that hold one. */
  readonly secrets: readonly string[];
  /** Takes each line, such as standard error. */
  readonly write: (line: string) => void;
}

const MIN_SECRET_LENGTH = 6;
const REDACTED = '[redacted]';
const SECRET_FIELDS = ['token', 'secret', 'password', 'passphrase', 'apiKey', 'authorization', 'signature'];

const context = new AsyncLocalStorage<Readonly<Record<string, unknown>>>();

/** Every line that is written while `work` runs, however deep, bears these fields, such as a decision's id. */
export const withLogFields = <Result>(fields: Readonly<Record<string, unknown>>, work: () => Result): Result =>
  context.run({ ...context.getStore(), ...fields }, work);

/** Structured logs, one JSON document a line. Secrets are taken out by field name and by value. */
export function createLogger({ level, file, secrets, write }: LoggerOptions): Logger {
  const rotating = file === undefined ? undefined : new RotatingFile(file);
  const hidden = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH).sort((a, b) => b.length - a.length);
  const clean = (line: string): string => {
    let text = line;
    for (const secret of hidden)
      text = text.replaceAll(secret, REDACTED).replaceAll(JSON.stringify(secret).slice(1, -1), REDACTED);
    return text;
  };
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...context.getStore() }),
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: REDACTED },
    },
    {
      write(line: string) {
        const text = clean(line);
        rotating?.write(text);
        write(text);
      },
    },
  );
}

const SECRET_NAME = /(TOKEN|SECRET|KEY|PASSWORD|PASSPHRASE|WEBHOOK|SMTP|NTFY|HEARTBEAT|SOURCES_(RPC|WS|BEACON))/;

/** Values of the environment that are secrets by their names; of a list of addresses each one is. */
export const secretsOf = (env: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('ETS_') && SECRET_NAME.test(name) && !name.endsWith('_FILE') && value
      ? [value, ...value.split(',').map((one) => one.trim())]
      : [],
  );
