import { type Clock, HOUR_MS, SECOND_MS, type TimeMs, type Timer } from '../domain/index.ts';
import { type Alert, SEVERITIES, type Severity } from './alert.ts';
import type { ChannelName, NotificationChannel } from './channels/channel.ts';
import type { Outbox, OutboxMessage } from './outbox.ts';

export interface NotificationPolicy {
  /** Least severity that goes to a channel. */
  readonly least: Readonly<Record<ChannelName, Severity | 'none'>>;
  readonly quietFromHourUtc?: number | undefined;
  readonly quietToHourUtc?: number | undefined;
  readonly repeatAfterHours: number;
  /** A warning that comes again and again for so long becomes critical; never without. */
  readonly escalateAfterHours?: number | undefined;
  readonly perHour: number;
}

export interface NotificationParts {
  readonly channels: readonly NotificationChannel[];
  readonly outbox: Outbox;
  readonly policy: NotificationPolicy;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Told of every attempt to send. */
  readonly onAttempt?: (channel: ChannelName, isSent: boolean) => void;
  /** Told when the outbox could not be written: messages are sent all the same, and a restart may forget or repeat one. */
  readonly onUnsaved?: (error: unknown) => void;
  /** Told of each message that was given up because too many wait on its channel. */
  readonly onLost?: (channel: ChannelName) => void;
}

const FIRST_RETRY_MS = 30 * SECOND_MS;
const LAST_RETRY_MS = HOUR_MS;
const SEND_TIMEOUT_MS = 15_000;
/** Something not told of again within so many repeat times was over in between. */
const GONE_AFTER_REPEATS = 2;
/** What is under way may take so long when the system ends: a message cut off after it was taken would come twice. */
const CLOSE_WITHIN_MS = 3_000;

/**
 * Takes alerts, decides who hears of them, and delivers them from an outbox that survives restarts. `raise` only writes
 * the outbox, so a channel that hangs delays nobody; `deliver` is driven from outside.
 */
export class NotificationSystem {
  readonly #parts: NotificationParts;
  readonly #sent = new Map<ChannelName, number[]>();
  readonly #stop = new AbortController();
  #delivering: Promise<void> | undefined;
  #isClosing = false;
  #isSimulated = false;

  constructor(parts: NotificationParts) {
    this.#parts = parts;
  }

  get queueDepth(): number {
    return this.#parts.outbox.waiting.length;
  }

  /** @returns whether the alert is new: one with the same key was not announced within the repeat time */
  async raise({ key: ownKey, ...given }: Given & { readonly key?: string }): Promise<boolean> {
    const { clock, outbox, policy, channels } = this.#parts;
    const nowMs = clock.nowMs();
    this.#isSimulated = given.simulated;
    const key = ownKey ?? given.name;
    const before = outbox.announced(key);
    const repeatMs = policy.repeatAfterHours * HOUR_MS;
    // A clock that was far ahead and was set right must not silence what was announced by it.
    const isOngoing = before !== undefined && Math.abs(nowMs - before.lastMs) < GONE_AFTER_REPEATS * repeatMs;
    const sinceMs = isOngoing ? Math.min(before.sinceMs, nowMs) : nowMs;
    if (before !== undefined && Math.abs(nowMs - before.lastMs) < repeatMs) return false;
    const alert: Alert = { ...escalated(given, nowMs - sinceMs, policy), key, atMs: nowMs };
    const rank = SEVERITIES.indexOf(alert.severity);
    const takers = channels.filter(
      ({ name }) => policy.least[name] !== 'none' && rank >= SEVERITIES.indexOf(policy.least[name] as Severity),
    );
    const messages = takers.map(({ name }) => ({ alert, channel: name, attempts: 0, notBeforeMs: nowMs }));
    await this.#saved(
      outbox.announce(alert.key, { lastMs: nowMs, sinceMs }, messages).then((lost) => {
        for (const channel of lost) this.#parts.onLost?.(channel);
      }),
    );
    return true;
  }

  /** What was told under a key, or under one of its parts (`key:...`), is over: when it comes again it is told again. */
  over(key: string): Promise<void> {
    return this.#saved(this.#parts.outbox.forget(key));
  }

  /** Gives up messages to channels that are not configured any more: nobody would ever take them. @returns how many */
  forgetRemoved(): Promise<number> {
    return this.#parts.outbox.keepOnly(new Set(this.#parts.channels.map(({ name }) => name)));
  }

  /** Sends what is due, channel by channel at once. A call while one is going on joins it. */
  deliver(): Promise<void> {
    this.#delivering ??= this.#deliver().finally(() => {
      this.#delivering = undefined;
    });
    return this.#delivering;
  }

  /** Sends no other message; what was not taken stays in the outbox for the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const isDone = new AbortController();
    const late = this.#parts.timer.sleep(CLOSE_WITHIN_MS, isDone.signal).then(
      () => this.#stop.abort(),
      () => undefined,
    );
    await this.#delivering;
    isDone.abort();
    await late;
  }

  /** Sends a test to every channel now, past every rule. */
  async test(alert: Alert): Promise<{ readonly channel: ChannelName; readonly ok: boolean; readonly error?: string }[]> {
    return Promise.all(
      this.#parts.channels.map(async (channel) => {
        try {
          await channel.send(alert, AbortSignal.timeout(SEND_TIMEOUT_MS));
          return { channel: channel.name, ok: true };
        } catch (error) {
          return { channel: channel.name, ok: false, error: error instanceof Error ? error.message : String(error) };
        }
      }),
    );
  }

  async #deliver(): Promise<void> {
    await Promise.all(this.#parts.channels.map((channel) => this.#deliverTo(channel)));
  }

  async #deliverTo(channel: NotificationChannel): Promise<void> {
    const { outbox, clock } = this.#parts;
    for (const message of outbox.waiting.filter((one) => one.channel === channel.name)) {
      if (this.#isClosing) return;
      const nowMs = clock.nowMs();
      if (isTooEarly(message, nowMs) || this.#mustWait(message, nowMs)) continue;
      try {
        await channel.send(message.alert, AbortSignal.any([this.#stop.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]));
        this.#sent.get(channel.name)?.push(nowMs) ?? this.#sent.set(channel.name, [nowMs]);
      } catch {
        if (this.#stop.signal.aborted) return;
        this.#parts.onAttempt?.(channel.name, false);
        await this.#saved(outbox.postpone(message, nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** message.attempts)));
        return;
      }
      this.#parts.onAttempt?.(channel.name, true);
      await this.#saved(outbox.delivered(message));
    }
    await this.#tellLost(channel);
  }

  /** Once a channel takes messages again and none wait, whoever reads it hears how many are missing. */
  async #tellLost(channel: NotificationChannel): Promise<void> {
    const { outbox, clock } = this.#parts;
    const lost = outbox.lost(channel.name);
    if (lost === 0 || this.#isClosing || outbox.waiting.some((one) => one.channel === channel.name)) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
    const sending = channel.send(lostAlert(lost, clock.nowMs(), this.#isSimulated), signal);
    const isTold = await sending.then(
      () => true,
      () => false,
    );
    this.#parts.onAttempt?.(channel.name, isTold);
    if (isTold) await this.#saved(outbox.toldOfLost(channel.name));
  }

  /** A full disk must not keep anybody from hearing that it is full. */
  async #saved(saving: Promise<void>): Promise<void> {
    await saving.catch((error: unknown) => this.#parts.onUnsaved?.(error));
  }

  #mustWait({ alert, channel }: OutboxMessage, nowMs: number): boolean {
    const { policy } = this.#parts;
    if (alert.severity === 'critical') return false;
    const lastHour = (this.#sent.get(channel) ?? []).filter((atMs) => Math.abs(nowMs - atMs) < HOUR_MS);
    this.#sent.set(channel, lastHour);
    return lastHour.length >= policy.perHour || isQuiet(policy, nowMs);
  }
}

/** No pause is longer than the last one: what is to wait for longer was put off by a clock that has been set back since. */
const isTooEarly = ({ notBeforeMs }: OutboxMessage, nowMs: TimeMs): boolean =>
  notBeforeMs > nowMs && notBeforeMs - nowMs <= LAST_RETRY_MS;

const lostAlert = (lost: number, atMs: TimeMs, simulated: boolean): Alert => ({
  name: 'messages_lost',
  key: 'messages_lost',
  severity: 'warning',
  title: `${lost} older messages were given up while this channel did not take any`,
  detail: 'They are in the log of the daemon.',
  atMs,
  simulated,
});

type Given = Omit<Alert, 'key' | 'atMs'>;

/** Makes a warning that has lasted too long critical, so that it reaches whoever hears of nothing less. */
function escalated(given: Given, lastedMs: number, { escalateAfterHours }: NotificationPolicy): Given {
  if (given.severity !== 'warning' || escalateAfterHours === undefined || lastedMs < escalateAfterHours * HOUR_MS) return given;
  return { ...given, severity: 'critical', title: `${given.title} (for ${Math.round(lastedMs / HOUR_MS)} hours)` };
}

/** Whether an hour lies in the quiet ones; they may reach over midnight. */
function isQuiet({ quietFromHourUtc: from, quietToHourUtc: to }: NotificationPolicy, nowMs: number): boolean {
  if (from === undefined || to === undefined || from === to) return false;
  const hour = Math.floor(nowMs / HOUR_MS) % 24;
  return from < to ? hour >= from && hour < to : hour >= from || hour < to;
}
