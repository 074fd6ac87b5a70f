import { afterEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, SourceError, systemTimer } from '../../domain/index.ts';
import { HttpClient } from '../http/index.ts';
import { type LoopbackServer, startLoopback } from '../loopback-server.fixture.ts';
import { createFeedExtractor, sumDays } from './feed-extractor.ts';
import { parseFeed } from './parse-feed.ts';
import { createTextScorer } from './score-text.ts';

const DAY = Date.UTC(2024, 0, 2);
const item = (title: string, at: number) =>
  `<item><title>${title}</title><guid>${title}</guid><pubDate>${new Date(at).toUTCString()}</pubDate><description>&lt;b&gt;more&lt;/b&gt;</description></item>`;
const RSS = `<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>${item('Old words', DAY - DAY_MS)}${item('Ether rally, bullish', DAY + 1_000)}${item('Exchange hacked', DAY + 2_000)}</channel></rss>`;
const ATOM = `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>1</id><title>Great upgrade</title><updated>2024-01-02T03:00:00Z</updated><summary>good</summary></entry></feed>`;
const JSON_FEED = JSON.stringify({
  version: 'https://jsonfeed.org/version/1.1',
  items: [{ id: 7, title: 'Calm', date_published: '2024-01-02T05:00:00Z' }, { title: 'no time' }],
});

describe('parseFeed', () => {
  it('reads RSS, Atom and JSON', async () => {
    expect((await parseFeed(RSS)).map(({ text }) => text)).toEqual([
      'Old words. more',
      'Ether rally, bullish. more',
      'Exchange hacked. more',
    ]);
    expect(await parseFeed(ATOM)).toEqual([{ id: '1', timeMs: Date.UTC(2024, 0, 2, 3), text: 'Great upgrade. good' }]);
    expect(await parseFeed(JSON_FEED)).toEqual([{ id: '7', timeMs: Date.UTC(2024, 0, 2, 5), text: 'Calm' }]);
  });

  it('gives a typed error or posts for damaged feeds', async () => {
    const rng = createRng(8);
    for (let round = 0; round < 3_000; round += 1) {
      const whole = [RSS, ATOM, JSON_FEED][round % 3]!;
      const at = Math.floor(rng() * whole.length);
      const text =
        whole.slice(0, at) +
        String.fromCharCode(Math.floor(rng() * 300)).repeat(Math.floor(rng() * 4)) +
        whole.slice(at + Math.floor(rng() * 30));
      try {
        for (const post of await parseFeed(text)) expect(Number.isFinite(post.timeMs) && post.text.length > 0).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError);
      }
    }
  });
});

describe('createTextScorer', () => {
  it('knows the words of the field and stays within -1..1', async () => {
    const score = await createTextScorer();
    expect(score('Ether rally, traders bullish')).toBeGreaterThan(0.5);
    expect(score('Bridge hacked, funds drained')).toBeLessThan(-0.5);
    expect(score('A block was mined')).toBe(0);
    expect(score('hacked '.repeat(500))).toBeGreaterThanOrEqual(-1);
  });
});

describe('sumDays', () => {
  it('averages by day, takes an id once and leaves out the oldest day', () => {
    const post = (id: string, timeMs: number, text: string) => ({ id, timeMs, text });
    const posts = [post('a', DAY - 5, '1'), post('b', DAY, '1'), post('b', DAY, '1'), post('c', DAY + 9, '-0.5')];
    expect(sumDays(posts, Number)).toEqual([{ dayMs: DAY, mean: 0.25, count: 2 }]);
  });
});

describe('feed extractor', () => {
  let server: LoopbackServer | undefined;
  afterEach(() => server?.close());

  it('stores one row a day, public when the day is over', async () => {
    server = await startLoopback((_request, response) => response.end(RSS));
    const http = new HttpClient({ fetch, timer: systemTimer, rng: () => 0 });
    const context = {
      nowMs: DAY + DAY_MS,
      signal: new AbortController().signal,
      remainingMs: () => 1e5,
      pricesSettled: Promise.resolve(),
    };
    const range = { startMs: DAY - 3 * DAY_MS, endMs: DAY + 2 * DAY_MS };
    const { batches, complete } = await createFeedExtractor(http, [server.url]).extract(range, context);
    expect([...batches[0]!.timeMs]).toEqual([DAY]);
    expect([...batches[0]!.availableTimeMs]).toEqual([DAY + DAY_MS]);
    expect(batches[0]!.numbers.post_count![0]).toBe(2);
    expect(complete).toEqual([{ startMs: range.startMs, endMs: DAY + DAY_MS }]);
  });
});
