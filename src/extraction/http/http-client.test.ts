import { afterEach, describe, expect, it } from 'vitest';
import { createRng, SourceError, systemTimer, type Timer } from '../../domain/index.ts';
import { type LoopbackServer, startLoopback } from '../loopback-server.fixture.ts';
import { backoffMs, retryAfterMs } from './backoff.ts';
import { HttpClient, type HttpDeps } from './http-client.ts';
import { RequestBudgets, SourceBudget } from './source-budget.ts';

/** Time that passes only while somebody sleeps; sleeps end in the order of their ends. */
class JumpingTimer implements Timer {
  nowMs = 0;
  elapsedMs() {
    return this.nowMs;
  }
  async sleep(ms: number, signal?: AbortSignal) {
    signal?.throwIfAborted();
    if (ms >= 10_000) return new Promise<void>(() => undefined);
    const untilMs = this.nowMs + ms;
    await new Promise((resolve) => setImmediate(resolve));
    this.nowMs = Math.max(this.nowMs, untilMs);
  }
}

let server: LoopbackServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const client = (deps: Partial<HttpDeps> = {}) => new HttpClient({ fetch, timer: new JumpingTimer(), rng: () => 0.5, ...deps });
const get = (http: HttpClient, path = '/a?api_key=secret', more: object = {}) =>
  http.json({ source: 'test', url: `${server!.url}${path}`, ...more }, (body) => body);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: SourceError) => error,
  );

describe('HttpClient', () => {
  it('gives the parsed body', async () => {
    server = await startLoopback((_request, response) => response.end('{"a": 1}'));
    expect(await get(client())).toEqual({ a: 1 });
  });

  it('waits as long as Retry-After says', async () => {
    let asked = 0;
    server = await startLoopback((_request, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(429, { 'retry-after': '7' }).end();
      else response.end('1');
    });
    const timer = new JumpingTimer();
    expect(await get(client({ timer }))).toBe(1);
    expect(timer.nowMs).toBeGreaterThanOrEqual(14_000);
  });

  it.each([
    [500, 'http.server_error', 4],
    [503, 'http.server_error', 4],
    [429, 'http.rate_limited', 4],
    [401, 'http.unauthorized', 1],
    [404, 'http.refused', 1],
  ])('status %i is %s after %i tries', async (status, code, tries) => {
    let asked = 0;
    server = await startLoopback((_request, response) => {
      asked += 1;
      response.writeHead(status).end('no');
    });
    const error = await failure(get(client({ maxAttempts: 4 })));
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code, details: { status } });
    expect(asked).toBe(tries);
    expect(error?.message).not.toContain('secret');
  });

  it.each([
    ['a web page', '<html>Sign in</html>', /HTML page/],
    ['half a body', '{"a": [1, 2', /not JSON/],
    ['nothing', '', /nothing/],
  ])('calls %s no JSON', async (_what, body, message) => {
    server = await startLoopback((_request, response) => response.end(body));
    const error = await failure(get(client({ maxAttempts: 2 })));
    expect(error).toMatchObject({ code: 'http.not_json' });
    expect(error?.message).toMatch(message);
  });

  it('rides out a connection cut inside the body', async () => {
    let asked = 0;
    server = await startLoopback((request, response) => {
      asked += 1;
      if (asked > 2) {
        response.end('[1]');
        return;
      }
      response.writeHead(200, { 'content-length': '1000' }).write('[');
      setImmediate(() => request.socket.destroy());
    });
    expect(await get(client())).toEqual([1]);
    expect(asked).toBe(3);
  });

  it('reads no further than the largest body, also where it came compressed', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(20_000_000, 0x20));
    server = await startLoopback((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    expect(await failure(get(client(), '/bomb', { maxBytes: 1_000_000 }))).toMatchObject({ code: 'http.too_large' });
  });

  it('follows a redirect on the same host only', async () => {
    server = await startLoopback((request, response) => {
      if (request.url === '/here') response.writeHead(302, { location: '/there' }).end();
      else if (request.url === '/there') response.end('"there"');
      else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end();
    });
    expect(await get(client(), '/here')).toBe('there');
    expect(await failure(get(client(), '/away'))).toMatchObject({ code: 'http.redirect_refused' });
    expect(await failure(get(client(), '/loop'))).toMatchObject({ code: 'http.redirect_refused' });
  });

  it('gives up a request that hangs, in process time', async () => {
    server = await startLoopback(() => undefined);
    const http = client({ timer: systemTimer, requestTimeoutMs: 50, maxAttempts: 2, rng: () => 0 });
    expect(await failure(get(http))).toMatchObject({ code: 'http.timeout' });
  });

  it('ends at once with the reason of its signal', async () => {
    server = await startLoopback(() => undefined);
    const controller = new AbortController();
    const result = failure(get(client(), '/a', { signal: controller.signal }));
    controller.abort(new SourceError('test.over', 'over'));
    expect(await result).toMatchObject({ code: 'test.over' });
  });

  it('cannot reach a port that nobody listens on', async () => {
    const http = client({ maxAttempts: 2 });
    const error = await failure(http.json({ source: 'x', url: 'http://127.0.0.1:9/' }, (body) => body));
    expect(error).toMatchObject({ code: 'http.unreachable' });
  });

  it('stops asking a source that only fails, and tries again later', async () => {
    let asked = 0;
    server = await startLoopback((_request, response) => {
      asked += 1;
      response.writeHead(500).end();
    });
    const timer = new JumpingTimer();
    const http = client({ timer, maxAttempts: 10, rng: () => 0 });
    await failure(get(http));
    await failure(get(http));
    expect(await failure(get(http))).toMatchObject({ code: 'http.circuit_open' });
    expect(asked).toBe(20);
    timer.nowMs += 30_001;
    await failure(get(http));
    expect(asked).toBeGreaterThan(20);
  });

  it('asks again for a reply that its parser calls wrong for now', async () => {
    let asked = 0;
    server = await startLoopback((_request, response) => {
      asked += 1;
      response.end(String(asked));
    });
    const parse = (body: unknown) => {
      if (body === 3) return body;
      throw new SourceError('test.wrong', 'wrong', { details: { retryable: true } });
    };
    expect(await client().json({ source: 'test', url: server.url }, parse)).toBe(3);
  });
});

describe('SourceBudget', () => {
  it('keeps concurrency and rate', async () => {
    const timer = new JumpingTimer();
    const budget = new SourceBudget({ concurrency: 2, weightPerMinute: 60 }, timer);
    const starts: number[] = [];
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 6 }, () =>
        budget.run(undefined, async () => {
          starts.push(timer.nowMs);
          running += 1;
          most = Math.max(most, running);
          await Promise.resolve();
          running -= 1;
        }),
      ),
    );
    expect(most).toBeLessThanOrEqual(2);
    for (const [i, start] of starts.entries()) if (i > 0) expect(start - starts[i - 1]!).toBeGreaterThanOrEqual(1_000);
  });

  it('counts weight, and is one for everybody who asks the same host', async () => {
    const timer = new JumpingTimer();
    const budgets = new RequestBudgets(timer);
    const url = 'https://api.binance.com/api/v3/klines';
    expect(budgets.of(url)).toBe(budgets.of('https://api.binance.com/api/v3/depth?symbol=ETHUSDT'));
    expect(budgets.of(url)).not.toBe(budgets.of('https://api.alternative.me/fng/'));
    const starts: number[] = [];
    const note = async () => void starts.push(timer.nowMs);
    for (const weight of [100, 50, 1]) await budgets.of(url).run(undefined, note, weight);
    expect(starts.map((start) => start - starts[0]!)).toEqual([0, 2_000, 3_000]);
  });

  it('lets who is aborted while waiting go, and the next one in', async () => {
    const budget = new SourceBudget({ concurrency: 1 }, systemTimer);
    let finish: (result: string) => void = () => undefined;
    const gate = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const first = budget.run(undefined, () => gate);
    const controller = new AbortController();
    const second = budget.run(controller.signal, async () => 'second').catch(() => 'gone');
    const third = budget.run(undefined, async () => 'third');
    controller.abort(new Error('gone'));
    finish('first');
    expect(await Promise.all([first, second, third])).toEqual(['first', 'gone', 'third']);
  });
});

describe('backoff', () => {
  it('is full jitter under a doubling, capped span', () => {
    const rng = createRng(3);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const ms = backoffMs(attempt, rng);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(Math.min(5_000, 200 * 2 ** attempt));
    }
  });

  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 10_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('reads Retry-After %j', (headers, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>))).toBe(expected);
  });
});
