import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ets-healthcheck-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The exit code of the check of a container, at a port. */
const check = (port: number, ...args: string[]) =>
  new Promise<number | null>((done) => {
    const env = { PATH: process.env.PATH ?? '', ETS_SERVER_PORT: `${port}` };
    spawn(process.execPath, [resolve('dist/cli/healthcheck.js'), ...args], { env, cwd: folder }).on('close', done);
  });

async function listening(status: number) {
  const server = createServer((_, reply) => void reply.writeHead(status).end('{}'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise<void>((done) => server.close(() => done())) };
}

describe('the check of a container', () => {
  it.each([
    [200, 0],
    [503, 1],
  ])('of a daemon that answers %d exits %d, whether there may be none or not', async (status, code) => {
    const { port, close } = await listening(status);
    expect([await check(port), await check(port, '--or-none')]).toEqual([code, code]);
    await close();
  });

  it('where nobody listens passes only where there may be none', async () => {
    const { port, close } = await listening(200);
    await close();
    expect([await check(port), await check(port, '--or-none')]).toEqual([1, 0]);
  });
});

describe('the image', () => {
  it('is of one release of Node, the one that the check of the image takes, and is checked in both targets', () => {
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim$/m);
    expect(dockerfile.match(/^HEALTHCHECK .*healthcheck\.js", "--or-none"\]$/gm)).toHaveLength(2);
    expect(readFileSync('deploy/image-check.sh', 'utf8')).toContain("sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile");
  });
});
