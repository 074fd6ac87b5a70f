import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from '../domain/index.ts';

/** Read from the working directory where no other is named. */
export const ENV_FILE = '.env';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a file of `NAME=value` lines adds to an environment: what is set there stays, and an empty value sets nothing.
 * Without `file`, `.env` of the working directory is read where present. Values appear in no message.
 * @throws ConfigError `config.env_file`
 */
export function readEnvFile(env: Environment, file?: string): Readonly<Record<string, string>> {
  let text: string;
  try {
    text = readFileSync(file ?? ENV_FILE, 'utf8');
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    if (file === undefined && code === 'ENOENT') return {};
    throw new ConfigError('config.env_file', `the environment file ${file ?? ENV_FILE} cannot be read (${code})`, {
      hint: 'Check --env, and that this user may read the file.',
      cause,
    });
  }
  const added: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text)))
    if (value !== undefined && value !== '' && env[name] === undefined) added[name] = value;
  return added;
}
