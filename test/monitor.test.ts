import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ets-monitor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const main = resolve('dist/cli/main.js');
const follow = ['monitor', '--follow', '--every', '0.1', '--data-dir', join(folder, 'data')];
const CLEAR = '\u001b[2J\u001b[H';

function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

/** Starts a program; `shows` resolves when its output does, `ended` when it is over. */
function start(command: string, args: readonly string[]) {
  const child = spawn(command, args, { cwd: folder });
  let [out, err] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout.on('data', (text: Buffer) => {
    out += text.toString();
    for (const look of waiting) look();
  });
  child.stderr.on('data', (text: Buffer) => {
    err += text.toString();
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((done) =>
    child.on('close', (code) => done({ code, out, err })),
  );
  const shows = (isSo: (out: string) => boolean) =>
    new Promise<void>((done) => {
      const look = () => {
        if (!isSo(out)) return;
        waiting.delete(look);
        done();
      };
      waiting.add(look);
      look();
    });
  return { child, ended, shows };
}
const views = (text: string) => text.split(/degraded\n/).length - 1;

describe('ets monitor', () => {
  it('shows the system once, for people and for programs', async () => {
    const text = await start(process.execPath, [main, ...follow.filter((one) => one !== '--follow')]).ended;
    expect(text).toMatchObject({ code: 0, err: '' });
    for (const part of ['storage', 'equity', 'position']) expect(text.out).toContain(part);
    const { out } = await start(process.execPath, [main, ...follow.filter((one) => one !== '--follow'), '--json']).ended;
    expect(JSON.parse(out)).toMatchObject({ status: 'degraded' });
  });

  it('writes one view after the other into a pipe, clears nothing, and ends well by a signal', async () => {
    const { child, shows, ended } = start(process.execPath, [main, ...follow]);
    await shows((out) => views(out) >= 3);
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).not.toContain('\u001b');
  });

  it('writes a document a line with --json', async () => {
    const { child, shows, ended } = start(process.execPath, [main, ...follow, '--json']);
    await shows((out) => out.split('\n').length > 3);
    child.kill('SIGTERM');
    const lines = (await ended).out.trim().split('\n');
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('checks');
  });

  it('ends without a word when its reader has gone', async () => {
    const { ended } = start('bash', [
      '-c',
      `"${process.execPath}" "${main}" ${follow.join(' ')} | head -n 1; echo "\${PIPESTATUS[0]}"`,
    ]);
    const { out, err } = await ended;
    expect(err).toBe('');
    expect(out.trim().split('\n').at(-1)).toBe('0');
  });

  it.skipIf(!hasScript())('clears a terminal before each view, and ends by Ctrl-C (where `script` is installed)', async () => {
    const command = [process.execPath, main, ...follow].join(' ');
    const { child, shows, ended } = start('script', ['--quiet', '--return', '--command', command, '/dev/null']);
    await shows((out) => out.split(CLEAR).length > 3);
    child.stdin.write('\u0003');
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(out).toContain(`${CLEAR}20`);
  });
});
