import type { Rng } from '../../domain/index.ts';

/** Each of the first `rows` rows with a chance of `share`, ascending; at least one. `null` where all are used. */
export function sampleRows(rows: number, share: number, rng: Rng): Int32Array | null {
  if (share >= 1) return null;
  const drawn = Int32Array.from({ length: rows }, (_, row) => row).filter(() => rng() < share);
  return drawn.length > 0 ? drawn : Int32Array.of(Math.floor(rng() * rows));
}

/** So large a share of the columns, rounded, ascending; at least one. */
export function sampleColumns(columns: number, share: number, rng: Rng): Int32Array {
  const all = new Int32Array(columns);
  for (let column = 0; column < columns; column++) all[column] = column;
  const count = Math.max(1, Math.round(columns * share));
  const isDrawn = new Uint8Array(columns);
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(rng() * (columns - i));
    const column = all[other]!;
    all[other] = all[i]!;
    isDrawn[column] = 1;
  }
  const drawn = new Int32Array(count);
  for (let column = 0, at = 0; column < columns; column++) if (isDrawn[column] === 1) drawn[at++] = column;
  return drawn;
}
