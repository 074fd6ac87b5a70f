import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemTimer, type Timer } from '../../domain/index.ts';
import { ChatCommands } from './chat-commands.ts';
import { TelegramBot } from './telegram-bot.ts';
import { UpdateOffset } from './update-offset.ts';

const NOW = Date.UTC(2024, 0, 1);
const TOKEN = '123:secret';

/** The two methods of the Bot API: messages are held until they are confirmed by a higher offset. */
class BotApi {
  readonly sent: { chat_id: number; text: string }[] = [];
  readonly offsets: number[] = [];
  status = 200;
  body: string | undefined;
  #updates: { update_id: number }[] = [];
  #polls: { offset: number; reply: ServerResponse }[] = [];
  #heard: (() => void)[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, reply) => {
      const url = new URL(request.url ?? '', 'http://x');
      if (!url.pathname.startsWith(`/bot${TOKEN}/`)) return void reply.writeHead(401).end('{"ok":false}');
      if (url.pathname.endsWith('/getUpdates')) return this.#poll(Number(url.searchParams.get('offset')), reply);
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        this.sent.push(JSON.parse(text));
        reply.end('{"ok":true}');
        this.#tell();
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  say(update_id: number, text: string, from = 7): void {
    this.#updates.push({ update_id, message: { date: NOW / 1000, text, from: { id: from }, chat: { id: from } } } as never);
    for (const { offset, reply } of this.#polls.splice(0)) this.#poll(offset, reply);
  }

  /** Resolves when something happened that fits. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #poll(offset: number, reply: ServerResponse): void {
    this.offsets.push(offset);
    this.#tell();
    if (this.status !== 200) return void reply.writeHead(this.status).end('{"ok":false}');
    if (this.body !== undefined) return void reply.end(this.body);
    const result = this.#updates.filter(({ update_id }) => update_id >= offset);
    if (result.length === 0) this.#polls.push({ offset, reply });
    else reply.end(JSON.stringify({ ok: true, result }));
  }

  #tell(): void {
    for (const heard of this.#heard.splice(0)) heard();
  }
}

let folder: string;
let api: BotApi;
const bots: TelegramBot[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-telegram-'));
  api = new BotApi();
});
afterEach(async () => {
  for (const bot of bots.splice(0)) await bot.close();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

async function start({ token = TOKEN, timer = systemTimer }: { token?: string; timer?: Timer } = {}) {
  const failures: string[] = [];
  const answer = async () => 'all is well';
  const commands = new ChatCommands({
    actions: { status: answer, performance: answer, halt: answer, resume: answer, flatten: answer },
    allowedUsers: new Set([7]),
    timer,
    newCode: () => '1',
    audit: () => undefined,
  });
  const bot = new TelegramBot({
    token,
    base: await api.listen(),
    read: fetch,
    write: fetch,
    commands,
    offset: await UpdateOffset.open(join(folder, 'offset')),
    clock: new ManualClock(NOW),
    timer,
    onFailure: (why) => void failures.push(why),
  });
  bots.push(bot);
  bot.start();
  return { bot, failures };
}

describe('the Telegram bot', () => {
  it('answers who may ask, and asks for newer messages from then on', async () => {
    await start();
    api.say(41, '/status', 8);
    api.say(42, '/status');
    await api.until(() => api.sent.length > 0 && api.offsets.at(-1) === 43);
    expect(api.sent).toEqual([{ chat_id: 7, text: 'all is well' }]);
  });

  it('does not follow a message again after a restart', async () => {
    const { bot } = await start();
    api.say(42, '/status');
    await api.until(() => api.offsets.at(-1) === 43);
    await bot.close();
    expect(await readFile(join(folder, 'offset'), 'utf8')).toBe('43\n');
    const again = await UpdateOffset.open(join(folder, 'offset'));
    expect(again.next).toBe(43);
  });

  it('begins anew with an offset that cannot be read', async () => {
    await writeFile(join(folder, 'offset'), 'torn');
    expect((await UpdateOffset.open(join(folder, 'offset'))).next).toBe(0);
  });

  it.each([
    [409, undefined, /another program/],
    [200, '<html>', /no list of messages/],
    [200, '{"ok":true,"result":[{"update_id":"x"}]}', /no list of messages/],
    [502, undefined, /answered 502/],
  ])('tells once of status %i with body %s, pauses longer each time, and goes on afterwards', async (status, body, why) => {
    const pauses: number[] = [];
    const timer: Timer = { elapsedMs: () => 0, sleep: async (ms) => void pauses.push(ms) };
    [api.status, api.body] = [status, body];
    const { failures } = await start({ timer });
    await api.until(() => api.offsets.length > 8);
    [api.status, api.body] = [200, undefined];
    api.say(1, '/status');
    await api.until(() => api.sent.length > 0);
    expect(pauses.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(failures).toEqual([expect.stringMatching(why)]);
  });

  it('shows no token where it is refused', async () => {
    const timer: Timer = {
      elapsedMs: () => 0,
      sleep: (_, signal) => new Promise((_resolve, reject) => signal?.addEventListener('abort', reject)),
    };
    const { bot, failures } = await start({ token: 'wrong:token', timer });
    while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await bot.close();
    expect(failures[0]).toContain('ETS_TELEGRAM_BOT_TOKEN');
    expect(failures[0]).not.toContain('wrong:token');
  });
});
