import { DAY_MS, type Timer } from '../domain/index.ts';
import type { TableStore } from './table-store.ts';
import { type Problem, verifyTable } from './verify-tables.ts';

/** Verifies tables, and passes over those whose files are not changed since they were found intact less than a day ago. */
export class TableVerifier {
  readonly #timer: Timer;
  /** By table, its files by name, size and time of change when it was found intact, and when that was in process time. */
  readonly #intact = new Map<string, { readonly stamp: string; readonly atMs: number }>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** The next look is at everything. */
  forget(): void {
    this.#intact.clear();
  }

  /** @param isPlain whether the table has no revisions */
  async problemsOf(table: TableStore, isPlain: boolean): Promise<readonly Problem[]> {
    const stamp = await table.stamp();
    const before = this.#intact.get(table.name);
    if (before?.stamp === stamp && this.#timer.elapsedMs() - before.atMs < DAY_MS) return [];
    this.#intact.delete(table.name);
    const found = await verifyTable(table, isPlain);
    if (found.length === 0) this.#intact.set(table.name, { stamp, atMs: this.#timer.elapsedMs() });
    return found;
  }
}
