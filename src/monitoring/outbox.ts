import { readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { DAY_MS } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { alertSchema } from './alert.ts';
import { CHANNEL_NAMES } from './channels/channel.ts';

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
    const empty: OutboxState = { waiting: [], announcedMs: {} };
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

  async announce(key: string, announced: Announced, messages: readonly OutboxMessage[]): Promise<void> {
    for (const [old, { lastMs }] of Object.entries(this.#state.announcedMs)) {
      if (announced.lastMs - lastMs > FORGET_AFTER_MS) delete this.#state.announcedMs[old];
    }
    this.#state.announcedMs[key] = announced;
    this.#state.waiting.push(...messages);
    while (this.#state.waiting.length > MAX_WAITING) {
      const least = this.#state.waiting.findIndex(({ alert }) => alert.severity !== 'critical');
      this.#state.waiting.splice(Math.max(0, least), 1);
    }
    await this.#save();
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
