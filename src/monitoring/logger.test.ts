import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger, secretsOf, withLogFields } from './logger.ts';
import { redactor } from './redact.ts';
import { RotatingFile } from './rotating-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function gather(level = 'info', secrets: readonly string[] = []) {
  const lines: string[] = [];
  const log = createLogger({
    level,
    redact: redactor(secrets),
    write: (line) => void lines.push(line),
    file: join(folder, 'ets.log'),
  });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('createLogger', () => {
  it('takes secrets out by name and by value, wherever they stand', () => {
    const secrets = secretsOf({
      ETS_API_TOKEN: 'very-secret-"1"',
      ETS_SOURCES_RPC: 'https://node/key-abcdef, https://node/key-ghijkl',
      ETS_BINANCE_API_KEY_FILE: '/run/key-file',
      ETS_MODE: 'paper-mode',
    });
    const { log, lines, parsed } = gather('info', secrets);
    log.info(
      { token: 'other-secret', nested: { apiKey: 'third-secret' }, url: 'https://node/key-abcdef/x', mode: 'paper-mode' },
      'with very-secret-"1" at https://node/key-ghijkl from /run/key-file',
    );
    log.debug('not at this level');
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/very-secret|other-secret|third-secret|key-abcdef|key-ghijkl/);
    expect(parsed()[0]).toMatchObject({
      msg: 'with [redacted] at [redacted] from /run/key-file',
      level: 'info',
      mode: 'paper-mode',
    });
    expect(readFileSync(join(folder, 'ets.log'), 'utf8')).toBe(lines[0]);
  });

  it('bears the fields of the work that it is written in, over awaits and at once', async () => {
    const { log, parsed } = gather();
    const work = (decisionId: string) =>
      withLogFields({ decisionId }, async () => {
        await Promise.resolve();
        withLogFields({ leg: 'entry' }, () => log.info('inside'));
      });
    await Promise.all([work('a'), work('b')]);
    log.info('outside');
    expect(parsed().map(({ decisionId, leg }) => [decisionId, leg])).toEqual([
      ['a', 'entry'],
      ['b', 'entry'],
      [undefined, undefined],
    ]);
  });
});

describe('redactor', () => {
  it('takes a secret out in every form that it is passed on in', () => {
    const secret = 'k€y+/=&?"\\ with $pecial.*';
    const redact = redactor([secret, 'short']);
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      new URLSearchParams({ x: secret }).toString().slice(2),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
    ];
    for (const form of forms) expect(redact(`a ${form} b`)).toBe('a [redacted] b');
    expect(redact('short stays')).toBe('short stays');
  });
});

describe('RotatingFile', () => {
  it('keeps so many files of such a size', () => {
    const file = new RotatingFile(join(folder, 'x.log'), { maxBytes: 100, kept: 2 });
    for (let i = 0; i < 50; i++) file.write(`line ${String(i).padStart(4, '0')}\n`);
    expect(readdirSync(folder).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2']);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
    expect(readFileSync(join(folder, 'x.log'), 'utf8')).toContain('line 0049');
  });

  it('goes on in the file of a run before', () => {
    const path = join(folder, 'x.log');
    new RotatingFile(path, { maxBytes: 30, kept: 2 }).write('the run before\n');
    new RotatingFile(path, { maxBytes: 30, kept: 2 }).write('now\n');
    expect(readFileSync(path, 'utf8')).toBe('the run before\nnow\n');
  });
});
