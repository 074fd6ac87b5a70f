import { readFile } from 'node:fs/promises';
import { ConfigError } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { readStoredKey } from './key-store.ts';

export interface ExchangeKeys {
  readonly apiKey: string;
  readonly secret: string;
}

/**
 * The exchange's key from the environment, from files that `..._FILE` names, or from the encrypted store. The sandbox's own key is known.
 * @throws ConfigError `exchange.key_missing`
 */
export async function exchangeKeys(parts: Pick<AppParts, 'env' | 'dataDir'>, mode: 'sandbox' | 'live'): Promise<ExchangeKeys> {
  if (mode === 'sandbox') {
    const { SANDBOX_API_KEY, SANDBOX_API_SECRET } = await import('../sandbox/index.ts');
    return { apiKey: SANDBOX_API_KEY, secret: SANDBOX_API_SECRET };
  }
  return { apiKey: await secretOf(parts, 'ETS_BINANCE_API_KEY'), secret: await secretOf(parts, 'ETS_BINANCE_API_SECRET') };
}

async function secretOf(parts: Pick<AppParts, 'env' | 'dataDir'>, name: string): Promise<string> {
  const { env } = parts;
  const file = env[`${name}_FILE`];
  const value = file ? await readFile(file, 'utf8').catch(() => '') : (env[name] ?? (await readStoredKey(parts, name)) ?? '');
  if (value.trim() !== '') return value.trim();
  throw new ConfigError('exchange.key_missing', file ? `${name}_FILE names ${file}, which holds no key` : `${name} is not set`, {
    hint: `Set ${name}, or ${name}_FILE to a file that holds it, or keep it with \`ets keys set ${name}\`.`,
  });
}
