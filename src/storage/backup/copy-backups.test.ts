import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import type { BackupPlace } from './backup-place.ts';
import { BackupStore } from './backup-store.ts';
import { copyBackups } from './copy-backups.ts';
import { folderPlace } from './folder-place.ts';
import { s3Place } from './s3-place.ts';

/** As much of S3 as a copy needs: objects by path, listed in pages of two. */
class FakeS3 {
  readonly objects = new Map<string, Buffer>();
  readonly puts: string[] = [];
  refuses = false;
  readonly #server: Server;
  url = '';

  constructor() {
    this.#server = createServer((request, reply) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
      if (this.refuses || !/^AWS4-HMAC-SHA256 Credential=the-id\//.test(request.headers.authorization ?? '')) {
        reply.writeHead(403, { 'content-type': 'application/xml' });
        reply.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
        return;
      }
      const key = decodeURIComponent(pathname.replace(/^\/the-bucket\/?/, ''));
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'PUT') {
          this.objects.set(key, Buffer.concat(chunks));
          this.puts.push(key);
          reply.end();
        } else if (key === '') reply.setHeader('content-type', 'application/xml').end(this.#page(searchParams));
        else reply.end(this.objects.get(key));
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((done) => this.#server.close(() => done()));
  }

  #page(query: URLSearchParams): string {
    const from = Number(query.get('continuation-token') ?? 0);
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '')).sort();
    const isLast = from + 2 >= keys.length;
    const contents = keys.slice(from, from + 2).map((key) => `<Contents><Key>${key}</Key></Contents>`);
    const next = isLast ? '' : `<NextContinuationToken>${from + 2}</NextContinuationToken>`;
    return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${!isLast}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`;
  }
}

let folder: string;
let s3: FakeS3;
const clock = new ManualClock(Date.UTC(2024, 0, 1));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ets-copies-'));
  mkdirSync(join(folder, 'data/trades'), { recursive: true });
  writeFileSync(join(folder, 'data/trades/journal'), 'one');
  writeFileSync(join(folder, 'data/world.json'), '{}');
  s3 = new FakeS3();
  await s3.start();
});
afterEach(async () => {
  await s3.close();
  rmSync(folder, { recursive: true, force: true });
});

const places: [string, () => Promise<BackupPlace>][] = [
  ['another folder', async () => folderPlace(join(folder, 'copies'))],
  ['a bucket', () => bucket('the-secret')],
];
const bucket = (secretAccessKey: string) =>
  s3Place({
    bucket: 'the-bucket',
    region: 'eu-central-1',
    endpoint: s3.url,
    prefix: 'ets/',
    accessKeyId: 'the-id',
    secretAccessKey,
  });
const storeIn = (name: string) => new BackupStore(join(folder, name), clock, 'a passphrase');

describe.each(places)('copyBackups to %s', (_, open) => {
  it('copies what is not there, once, and a lost data directory comes back from it', async () => {
    const place = await open();
    const here = folderPlace(join(folder, 'data/backups'));
    const made = await storeIn('data').create();
    expect(await copyBackups(here, place)).toBe(3);
    expect(await copyBackups(here, place)).toBe(0);
    writeFileSync(join(folder, 'data/trades/journal'), 'two');
    clock.moveTo(clock.nowMs() + 1_000);
    await storeIn('data').create();
    expect(await copyBackups(here, place)).toBe(2);

    rmSync(join(folder, 'data'), { recursive: true });
    expect(await copyBackups(place, folderPlace(join(folder, 'new/backups')))).toBe(5);
    const store = storeIn('new');
    expect((await store.list()).map(({ backupId }) => backupId)).toHaveLength(2);
    expect(await store.verify(made)).toEqual([]);
    await store.restore(made, join(folder, 'restored'));
    expect(readFileSync(join(folder, 'restored/trades/journal'), 'utf8')).toBe('one');
  });
});

describe.each(places)('copyBackups to %s that is stopped', (_, open) => {
  it('ends with the reason that it was stopped for, in the middle of a file too', async () => {
    await storeIn('data').create();
    const here = folderPlace(join(folder, 'data/backups'));
    const place = await open();
    const stop = new AbortController();
    const stopping: BackupPlace = {
      ...place,
      put(key, content, signal) {
        stop.abort(new Error('deadline'));
        return place.put(key, content, signal);
      },
    };
    await expect(copyBackups(here, stopping, stop.signal)).rejects.toThrow('deadline');
    expect(await place.list()).toEqual(new Set());
  });
});

describe('copyBackups', () => {
  it('writes manifests last, under the prefix, and contents encrypted', async () => {
    await storeIn('data').create();
    await copyBackups(folderPlace(join(folder, 'data/backups')), await bucket('the-secret'));
    expect(s3.puts.map((key) => key.replace(/[0-9a-f]{64}/, 'HASH'))).toEqual([
      'ets/objects/HASH.sealed',
      'ets/objects/HASH.sealed',
      expect.stringMatching(/^ets\/[\w-]+\.json$/),
    ]);
    for (const [key, content] of s3.objects) if (key.endsWith('.sealed')) expect(content.subarray(0, 5).toString()).toBe('ETSB1');
  });

  it('says which place fails and what to check, without the secret', async () => {
    await storeIn('data').create();
    s3.refuses = true;
    await expect(copyBackups(folderPlace(join(folder, 'data/backups')), await bucket('the-secret'))).rejects.toMatchObject({
      code: 'backup.place_unreachable',
      exitCode: 4,
      message: expect.stringMatching(/s3:\/\/the-bucket\/ets\/: Access Denied/),
      hint: expect.stringContaining('backup.s3'),
    });
  });
});
