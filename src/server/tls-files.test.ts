import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DAY_MS, systemClock } from '../domain/index.ts';
import { makeCertificate } from './certificate.fixture.ts';
import { readTlsFiles } from './tls-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const own = makeCertificate(folder);
const other = makeCertificate(folder, { name: 'other' });
const nowMs = systemClock.nowMs();
const read = (certFile: string | undefined, keyFile: string | undefined, atMs = nowMs) =>
  readTlsFiles({ tlsCertFile: certFile, tlsKeyFile: keyFile }, atMs);

describe('readTlsFiles', () => {
  it('is nothing without files, and both files where they fit', async () => {
    expect(await read(undefined, undefined)).toBeUndefined();
    const files = await read(own.certFile, own.keyFile);
    expect(files?.cert.toString()).toContain('BEGIN CERTIFICATE');
    expect(files?.warning).toBeUndefined();
    expect(files!.validUntilMs - nowMs).toBeGreaterThan(59 * DAY_MS);
  });

  it('warns within the last 30 days', async () => {
    const files = await read(own.certFile, own.keyFile, nowMs + 40 * DAY_MS);
    expect(files?.warning).toMatch(/expires in (19|20) days/);
  });

  const text = join(folder, 'text');
  writeFileSync(text, 'no certificate');
  it.each([
    ['one of them missing', own.certFile, undefined, nowMs, /one is missing/],
    ['a file that is not there', join(folder, 'none'), own.keyFile, nowMs, /none cannot be read/],
    ['a file of something else', text, own.keyFile, nowMs, /are not PEM/],
    ['a key of another certificate', own.certFile, other.keyFile, nowMs, /do not belong together/],
    ['an expired certificate', own.certFile, own.keyFile, nowMs + 90 * DAY_MS, /has expired/],
    ['a certificate of the future', own.certFile, own.keyFile, nowMs - DAY_MS, /is valid from/],
  ])('refuses %s', async (_, certFile, keyFile, atMs, message) => {
    await expect(read(certFile, keyFile, atMs)).rejects.toMatchObject({
      code: 'server.tls_invalid',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('server.tlsCertFile'),
    });
  });
});
