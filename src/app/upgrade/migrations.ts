/** Form of the data directory that this version writes. It grows by one with every entry of `MIGRATIONS`. */
export const DATA_LAYOUT = 1;

/** How one file of the data directory is brought to a newer form. Files of their own format (tables, models, journal) are not here. */
export interface Migration {
  /** The layout that it leads to. */
  readonly layout: number;
  /** Below the data directory; JSON. */
  readonly file: string;
  /** @returns the content in the newer form, or `undefined` where it has it already */
  migrate(content: unknown): unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** In the order in which they are done. */
export const MIGRATIONS: readonly Migration[] = [
  {
    // Since when an alert has been repeated was not written down before.
    layout: 1,
    file: 'outbox.json',
    migrate(content) {
      if (!isRecord(content) || !isRecord(content.announcedMs)) return undefined;
      const times = Object.entries(content.announcedMs);
      if (times.every(([, value]) => typeof value !== 'number')) return undefined;
      const announcedMs = times.map(([key, at]) => [key, typeof at === 'number' ? { lastMs: at, sinceMs: at } : at]);
      return { ...content, announcedMs: Object.fromEntries(announcedMs) };
    },
  },
  {
    // How long a run of a job took was not written down before.
    layout: 1,
    file: 'schedule.json',
    migrate(content) {
      if (!isRecord(content) || !Array.isArray(content.runs)) return undefined;
      if (content.runs.every((run) => isRecord(run) && 'durationMs' in run)) return undefined;
      return { ...content, runs: content.runs.map((run) => (isRecord(run) ? { durationMs: 0, ...run } : run)) };
    },
  },
];
