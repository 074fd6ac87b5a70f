import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listKeys, readStoredKey, storeKey } from './key-store.ts';

const NAME = 'ETS_BINANCE_API_SECRET';
let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-keys-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
const parts = (passphrase?: string) => ({ dataDir, env: passphrase === undefined ? {} : { ETS_KEYS_PASSPHRASE: passphrase } });

describe('the store of exchange keys', () => {
  it('gives a key back to whoever has the passphrase, and shows it to nobody', async () => {
    await storeKey(parts('right'), NAME, 'very secret');
    expect(await readStoredKey(parts('right'), NAME)).toBe('very secret');
    expect(await listKeys(parts('right'))).toEqual([NAME]);
    expect(readFileSync(join(dataDir, 'keys.sealed')).includes('very secret')).toBe(false);
  });

  it('is not opened by another passphrase, and not asked without one', async () => {
    await storeKey(parts('right'), NAME, 'very secret');
    await expect(readStoredKey(parts('wrong'), NAME)).rejects.toMatchObject({ code: 'sealed.cannot_open' });
    expect(await readStoredKey(parts(), NAME)).toBeUndefined();
    await expect(storeKey(parts(), NAME, 'x')).rejects.toMatchObject({ code: 'keys.no_passphrase' });
  });

  it('keeps only what it knows', async () => {
    await expect(storeKey(parts('right'), 'PATH', 'x')).rejects.toMatchObject({ code: 'keys.unknown_name' });
  });
});
