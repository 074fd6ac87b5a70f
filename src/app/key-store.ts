import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../domain/index.ts';
import { Sealer, writeFileAtomic } from '../storage/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

type StoreParts = Pick<AppParts, 'dataDir' | 'env'>;

const keysSchema = z.record(z.string(), z.string());

/** Keys that may be kept: nothing else is a secret of the exchange. */
export const KEPT_KEYS = ['ETS_BINANCE_API_KEY', 'ETS_BINANCE_API_SECRET'] as const;

/** Keeps a secret in an encrypted file of the data directory. @throws ConfigError `keys.unknown_name`, `keys.no_passphrase` */
export async function storeKey(parts: StoreParts, name: string, value: string): Promise<void> {
  if (!KEPT_KEYS.some((known) => known === name))
    throw new ConfigError('keys.unknown_name', `${name} is not a key that is kept`, {
      hint: `Keys are ${KEPT_KEYS.join(', ')}.`,
    });
  const sealer = new Sealer(await passphraseOf(parts));
  const keys = { ...(await readKeys(parts, sealer)), [name]: value };
  await writeFileAtomic(fileOf(parts), sealer.seal(Buffer.from(JSON.stringify(keys))));
}

/** Names of the keys that are kept, never what they are. */
export async function listKeys(parts: StoreParts): Promise<string[]> {
  return Object.keys(await readKeys(parts, new Sealer(await passphraseOf(parts))));
}

/** A kept key; nothing where no passphrase is set or none is kept. @throws DataError `sealed.cannot_open` */
export async function readStoredKey(parts: StoreParts, name: string): Promise<string | undefined> {
  if (!hasPassphrase(parts)) return undefined;
  return (await readKeys(parts, new Sealer(await passphraseOf(parts))))[name];
}

const fileOf = ({ dataDir }: StoreParts): string => join(dataDir, PATHS.keys);

const hasPassphrase = ({ env }: StoreParts): boolean => Boolean(env.ETS_KEYS_PASSPHRASE || env.ETS_KEYS_PASSPHRASE_FILE);

async function passphraseOf({ env }: StoreParts): Promise<string> {
  const file = env.ETS_KEYS_PASSPHRASE_FILE;
  const text = file ? await readFile(file, 'utf8').catch(() => '') : (env.ETS_KEYS_PASSPHRASE ?? '');
  if (text.trim() !== '') return text.trim();
  throw new ConfigError('keys.no_passphrase', 'the encrypted keys need a passphrase', {
    hint: 'Set ETS_KEYS_PASSPHRASE, or ETS_KEYS_PASSPHRASE_FILE to a file that holds it.',
  });
}

async function readKeys(parts: StoreParts, sealer: Sealer): Promise<Record<string, string>> {
  const sealed = await readFile(fileOf(parts)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return sealed ? keysSchema.parse(JSON.parse(sealer.unseal(sealed).toString('utf8'))) : {};
}
