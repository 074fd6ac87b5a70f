import type { Clock, TimeMs } from '../../domain/index.ts';
import type { Ledger } from '../ledger.ts';
import type { Journal } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';

/**
 * The one writer of a journal. A record is durable before the ledger shows it; callers have the journal to themselves,
 * one after the other.
 */
export class JournalWriter {
  /** What the journal adds up to. */
  readonly ledger: Ledger;
  readonly #journal: Journal;
  readonly #clock: Clock;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(journal: Journal, ledger: Ledger, clock: Clock) {
    this.#journal = journal;
    this.ledger = ledger;
    this.#clock = clock;
  }

  /** The world's time, which records are dated by. */
  nowMs(): TimeMs {
    return this.#clock.nowMs();
  }

  /**
   * Records that cannot follow are refused before anything is written: a journal that held them could never be opened again.
   * @throws InvariantError when the records cannot follow, or could not be made durable; the ledger is then as it was
   */
  async write(records: readonly JournalRecord[]): Promise<void> {
    this.ledger.assertFollows(records);
    await this.#journal.append(records);
    for (const record of records) this.ledger.apply(record);
  }

  /** Does `work` when every caller before has ended, however that one ended. Not to be called from inside a turn. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }

  /** When every caller until now has ended. */
  async whenIdle(): Promise<void> {
    await this.#turn;
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
