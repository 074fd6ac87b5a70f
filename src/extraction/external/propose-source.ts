import { intervalName } from '../../domain/index.ts';
import { type FileShape, normalizeName } from '../ingest/index.ts';
import { prepareShape } from '../ingest/ingest-file.ts';

/** What a table seems to be, for a person to confirm. */
export interface ProposedSource {
  readonly rows: number;
  readonly quarantined: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** As it would stand in data_sources.yaml under `schema`. */
  readonly schema: {
    readonly interval: string;
    readonly columns: Readonly<Record<string, string>>;
    readonly known_after: number;
  };
  readonly warnings: readonly string[];
}

/** Reads a table as a dataset of one's own and says how, storing nothing. */
export function proposeSource(shape: FileShape, nowMs: number): ProposedSource[] {
  return prepareShape(shape, nowMs).map(({ accepted, rejected, rows, notes, warnings }) => {
    const times = [...accepted.timeMs].sort((one, other) => one - other);
    const lagMs = (accepted.availableTimeMs[0] ?? 0) - (accepted.endMs[0] ?? 0);
    const original = (column: string) =>
      shape.table.names.find((name) => normalizeName(name) === normalizeName(column)) ?? column;
    return {
      rows,
      quarantined: rejected.length,
      firstMs: times[0] ?? null,
      lastMs: times.at(-1) ?? null,
      schema: {
        interval: intervalName(accepted.periodMs),
        columns: Object.fromEntries(Object.keys(accepted.numbers).map((name) => [normalizeName(name), original(name)])),
        known_after: lagMs / 1_000,
      },
      warnings: [...notes, ...warnings.map(({ message }) => message)],
    };
  });
}
