import { readFile } from 'node:fs/promises';
import { isSecretName, type Redact, redactor, secretsOf } from '../monitoring/index.ts';
import type { AppParts } from './app-parts.ts';
import { KEPT_KEYS, readStoredKey } from './key-store.ts';

/** Takes out every secret that this run has: of the environment, of the files that it names, of the encrypted store. */
export const secretRedactor = async (parts: Pick<AppParts, 'env' | 'dataDir'>): Promise<Redact> =>
  redactor([...secretsOf(parts.env), ...(await secretsOfFiles(parts.env)), ...(await storedSecrets(parts))]);

async function secretsOfFiles(env: AppParts['env']): Promise<string[]> {
  const files = Object.entries(env).flatMap(([name, path]) =>
    isSecretName(name) && name.endsWith('_FILE') && path ? [path] : [],
  );
  const texts = await Promise.all(files.map((path) => readFile(path, 'utf8').catch(() => '')));
  return texts.map((text) => text.trim());
}

/** A store that cannot be opened gives nobody a key, this run included. */
async function storedSecrets(parts: Pick<AppParts, 'env' | 'dataDir'>): Promise<string[]> {
  try {
    const keys = await Promise.all(KEPT_KEYS.map((name) => readStoredKey(parts, name)));
    return keys.filter((key) => key !== undefined);
  } catch {
    return [];
  }
}
