import { z } from 'zod';
import { type Clock, SourceError, type TimeMs, type Timer } from '../domain/index.ts';

const clockReply = z.object({ nowMs: z.number(), speed: z.number() });
const worldReply = z.object({ seed: z.number(), startMs: z.number() });

/**
 * The clock of the host in a sandbox, read once and run on by the process timer at the sandbox's speed. It is the world's
 * time unless somebody has set it wrong; read again it may have stepped back, as a real host's does.
 */
export class SandboxClock implements Clock {
  readonly #control: string;
  readonly #timer: Timer;
  #readAtMs = 0;
  #nowMs: TimeMs = 0;
  #speed = 0;

  private constructor(control: string, timer: Timer) {
    this.#control = control;
    this.#timer = timer;
  }

  /** @throws SourceError `sandbox.unreachable` */
  static async connect(control: string, timer: Timer): Promise<SandboxClock> {
    const clock = new SandboxClock(control, timer);
    await clock.synchronise();
    return clock;
  }

  nowMs(): TimeMs {
    return Math.floor(this.#nowMs + this.#speed * (this.#timer.elapsedMs() - this.#readAtMs));
  }

  get speed(): number {
    return this.#speed;
  }

  async synchronise(): Promise<void> {
    this.#take(clockReply.parse(await ask(`${this.#control}/clock`)));
  }

  /** Moves the world on until the host's clock shows `nowMs`; the world never goes back. */
  async moveTo(nowMs: TimeMs): Promise<void> {
    this.#take(clockReply.parse(await ask(`${this.#control}/clock`, { nowMs })));
  }

  #take(reply: { nowMs: TimeMs; speed: number }): void {
    this.#nowMs = reply.nowMs;
    this.#speed = reply.speed;
    this.#readAtMs = this.#timer.elapsedMs();
  }
}

/** Which simulated world this is: the same seed and start are the same world. */
export async function readSandboxWorld(control: string): Promise<{ seed: number; startMs: TimeMs }> {
  return worldReply.parse(await ask(`${control}/world`));
}

const REQUEST_TIMEOUT_MS = 10_000;

async function ask(url: string, body?: unknown): Promise<unknown> {
  try {
    const init =
      body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.json();
  } catch (cause) {
    throw new SourceError('sandbox.unreachable', `the sandbox does not answer at ${url}`, {
      hint: 'Is `ets sandbox` still running?',
      cause,
    });
  }
}
