import { AsyncLocalStorage } from 'node:async_hooks';
import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import type { Redact } from './redact.ts';
import { RotatingFile } from './rotating-file.ts';

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

export interface LoggerOptions {
  readonly level: string;
  /** Where lines go besides `write`; no file unless told. */
  readonly file?: string | undefined;
  /** Takes out what must never appear, wherever it stands in a line: keys, tokens, addresses that hold one. */
  readonly redact: Redact;
  /** Takes each line, such as standard error. */
  readonly write: (line: string) => void;
}

const REDACTED = '[redacted]';
const SECRET_FIELDS = ['token', 'secret', 'password', 'passphrase', 'apiKey', 'authorization', 'signature'];

const context = new AsyncLocalStorage<Readonly<Record<string, unknown>>>();

/** Every line that is written while `work` runs, however deep, bears these fields, such as a decision's id. */
export const withLogFields = <Result>(fields: Readonly<Record<string, unknown>>, work: () => Result): Result =>
  context.run({ ...context.getStore(), ...fields }, work);

/** Structured logs, one JSON document a line. Secrets are taken out by field name and by value. */
export function createLogger({ level, file, redact, write }: LoggerOptions): Logger {
  const rotating = file === undefined ? undefined : new RotatingFile(file);
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
        const text = redact(line);
        rotating?.write(text);
        write(text);
      },
    },
  );
}

const SECRET_NAME = /(TOKEN|SECRET|KEY|PASSWORD|PASSPHRASE|WEBHOOK|SMTP|NTFY|HEARTBEAT|SOURCES_(RPC|WS|BEACON))/;

/** Whether a variable holds a secret, by its name; of `..._FILE`, whether the file does. */
export const isSecretName = (name: string): boolean => name.startsWith('ETS_') && SECRET_NAME.test(name);

/** Values of the environment that are secrets by their names; of a list of addresses each one is. */
export const secretsOf = (env: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(env).flatMap(([name, value]) =>
    isSecretName(name) && !name.endsWith('_FILE') && value
      ? [value, ...value.split(',').flatMap((one) => [one.trim(), ...pathOf(one.trim())])]
      : [],
  );

/** Shorter paths are no secrets, and may be words. */
const MIN_PATH_LENGTH = 12;

/** What an address holds besides its host: messages of errors name it alone. */
function pathOf(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { pathname, search } = new URL(address);
  const path = `${pathname}${search}`.slice(1);
  return path.length < MIN_PATH_LENGTH ? [] : [path];
}
