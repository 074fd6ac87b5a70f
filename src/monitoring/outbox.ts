import { readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { DAY_MS } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { alertSchema } from './alert.ts';
import { CHANNEL_NAMES, type ChannelName } from './channels/channel.ts';

const messageSchema = z.object({
  alert: alertSchema,
  channel: z.enum(CHANNEL_NAMES),
  attempts: z.int(),
  /** World time before which it is not tried. */
  notBeforeMs: z.int(),
});
/** An alert on its way to one channel. */
export type OutboxMessage = z.infer<typeof messageSchema>;

const announcedSchema = z.object({
  lastMs: z.int(),
  /** First of the announcements that followed each other without a break. */
  sinceMs: z.int(),
});
/** When an alert was announced. */
export type Announced = z.infer<typeof announcedSchema>;

const stateSchema = z.object({
  waiting: z.array(messageSchema),
  /** By key. */
  announcedMs: z.record(z.string(), announcedSchema),
  /** By channel, messages given up because too many waited, and not told of yet. */
  lost: z.partialRecord(z.enum(CHANNEL_NAMES), z.int()).default({}),
});
type OutboxState = z.infer<typeof stateSchema>;

/** Messages that wait on one channel; of more the oldest that is not critical is given up. */
const MAX_WAITING = 500;
/** An alert announced so long ago is a new one when it comes again. */
const FORGET_AFTER_MS = 14 * DAY_MS;

/** Messages not yet delivered, on disk, so that an outage of a channel or a restart loses none. */
export class Outbox {
  readonly #path: string;
  #state: OutboxState;
  #write: Promise<void> = Promise.resolve();

  /** Where a file was put that could not be read. */
  readonly damagedFile: string | undefined;

  private constructor(path: string, state: OutboxState, damagedFile?: string) {
    this.#path = path;
    this.#state = state;
    this.damagedFile = damagedFile;
  }

  /** A file that cannot be read is put aside and begun anew, so that alerts go on; `damagedFile` says so. */
  static async open(path: string): Promise<Outbox> {
    const empty: OutboxState = { waiting: [], announcedMs: {}, lost: {} };
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return new Outbox(path, empty);
    try {
      return new Outbox(path, stateSchema.parse(JSON.parse(text)));
    } catch {
      const damaged = `${path}.damaged`;
      await rename(path, damaged);
      return new Outbox(path, empty, damaged);
    }
  }

  get waiting(): readonly OutboxMessage[] {
    return this.#state.waiting;
  }

  announced(key: string): Announced | undefined {
    return this.#state.announcedMs[key];
  }

  /** @returns channels of messages that were given up for it */
  async announce(key: string, announced: Announced, messages: readonly OutboxMessage[]): Promise<ChannelName[]> {
    for (const [old, { lastMs }] of Object.entries(this.#state.announcedMs)) {
      if (announced.lastMs - lastMs > FORGET_AFTER_MS) delete this.#state.announcedMs[old];
    }
    this.#state.announcedMs[key] = announced;
    this.#state.waiting.push(...messages);
    const lost = messages.flatMap(({ channel }) => (this.#giveUpOne(channel) ? [channel] : []));
    await this.#save();
    return lost;
  }

  /** Forgets that a key, and the keys below it (`key:...`), were announced; what waits is sent all the same. */
  async forget(key: string): Promise<void> {
    const keys = Object.keys(this.#state.announcedMs).filter((one) => one === key || one.startsWith(`${key}:`));
    if (keys.length === 0) return;
    for (const one of keys) delete this.#state.announcedMs[one];
    await this.#save();
  }

  #giveUpOne(channel: ChannelName): boolean {
    const own = this.#state.waiting.filter((message) => message.channel === channel);
    if (own.length <= MAX_WAITING) return false;
    const least = own.find(({ alert }) => alert.severity !== 'critical') ?? own[0];
    this.#state.waiting = this.#state.waiting.filter((message) => message !== least);
    this.#state.lost[channel] = this.lost(channel) + 1;
    return true;
  }

  /** Messages of a channel that were given up since somebody was told there. */
  lost(channel: ChannelName): number {
    return this.#state.lost[channel] ?? 0;
  }

  async toldOfLost(channel: ChannelName): Promise<void> {
    delete this.#state.lost[channel];
    await this.#save();
  }

  /** Gives up what waits for channels that are not there any more. @returns how many messages */
  async keepOnly(channels: ReadonlySet<ChannelName>): Promise<number> {
    const kept = this.#state.waiting.filter(({ channel }) => channels.has(channel));
    const gone = this.#state.waiting.length - kept.length;
    if (gone === 0) return 0;
    this.#state.waiting = kept;
    await this.#save();
    return gone;
  }

  async delivered(message: OutboxMessage): Promise<void> {
    this.#state.waiting = this.#state.waiting.filter((one) => one !== message);
    await this.#save();
  }

  async postpone(message: OutboxMessage, notBeforeMs: number): Promise<void> {
    message.attempts += 1;
    message.notBeforeMs = notBeforeMs;
    await this.#save();
  }

  #save(): Promise<void> {
    this.#write = this.#write.catch(() => undefined).then(() => writeFileAtomic(this.#path, JSON.stringify(this.#state)));
    return this.#write;
  }
}
