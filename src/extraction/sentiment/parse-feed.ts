import { z } from 'zod';
import { SourceError, type TimeMs } from '../../domain/index.ts';
import { readReply } from '../reply-schema.ts';

/** A headline or post: text without mark-up, and when it was published. */
export interface Post {
  readonly id: string;
  readonly timeMs: TimeMs;
  readonly text: string;
}

const MAX_TEXT = 2_000;
const MAX_POSTS = 5_000;

const jsonItem = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  url: z.string().optional(),
  title: z.string().optional(),
  summary: z.string().optional(),
  text: z.string().optional(),
  content_text: z.string().optional(),
  content_html: z.string().optional(),
  date_published: z.string().optional(),
  published_at: z.string().optional(),
});
const jsonFeed = z.union([z.object({ items: z.array(jsonItem).max(MAX_POSTS) }), z.array(jsonItem).max(MAX_POSTS)]);

/**
 * An RSS, Atom or JSON feed -> its posts that have a time, ascending, each once.
 * @throws SourceError `feed.reply_invalid`
 */
export async function parseFeed(text: string): Promise<Post[]> {
  const posts = /^\s*[[{]/.test(text) ? readJsonFeed(text) : await readXmlFeed(text);
  const unique = new Map(posts.map((post) => [post.id, post]));
  return [...unique.values()].sort((one, other) => one.timeMs - other.timeMs);
}

function readJsonFeed(text: string): Post[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new SourceError('feed.reply_invalid', 'the feed is no JSON', { details: { retryable: true }, cause });
  }
  const feed = readReply(jsonFeed, body, 'feed.reply_invalid', 'feed');
  return (Array.isArray(feed) ? feed : feed.items).flatMap((item) => {
    const words = [item.title, item.summary ?? item.text ?? item.content_text ?? item.content_html];
    return makePost(item.id ?? item.url, item.date_published ?? item.published_at, words);
  });
}

async function readXmlFeed(text: string): Promise<Post[]> {
  const { default: Parser } = await import('rss-parser');
  try {
    const { items } = await new Parser().parseString(text);
    return items
      .slice(0, MAX_POSTS)
      .flatMap((item) =>
        makePost(item.guid ?? item.id ?? item.link, item.isoDate ?? item.pubDate, [
          item.title,
          item.contentSnippet ?? item.summary,
        ]),
      );
  } catch (cause) {
    throw new SourceError('feed.reply_invalid', 'the feed is neither RSS, Atom nor JSON', {
      details: { retryable: true },
      cause,
    });
  }
}

function makePost(id: unknown, published: unknown, words: readonly unknown[]): Post[] {
  const timeMs = typeof published === 'string' ? Date.parse(published) : Number.NaN;
  const text = words
    .filter((part): part is string => typeof part === 'string')
    .join('. ')
    .replace(/<[^>]{0,500}>/g, ' ')
    .slice(0, MAX_TEXT)
    .trim();
  if (!Number.isFinite(timeMs) || timeMs < 0 || text === '') return [];
  return [{ id: typeof id === 'string' || typeof id === 'number' ? String(id) : text, timeMs, text }];
}
