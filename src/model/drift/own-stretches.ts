/** A distance from the training window, beside how far the window's own parts were from all of it. */
export interface JudgedDistance {
  readonly distance: number;
  /** Share of the window's own parts that differed less, 0..1. */
  readonly unusual: number;
  /** How often the largest of those the distance is. */
  readonly timesLargest: number;
}

/** @param usual distances of the window's own parts, at least one */
export const judgeDistance = (distance: number, usual: Float64Array): JudgedDistance => ({
  distance,
  unusual: usual.filter((one) => one < distance).length / usual.length,
  timesLargest:
    distance /
    Math.max(
      usual.reduce((most, one) => Math.max(most, one), 0),
      Number.MIN_VALUE,
    ),
});

/** Where stretches of `length` rows of a window of `rows` begin, each a third of a stretch after the one before. */
export function stretchStarts(rows: number, length: number): number[] {
  const step = Math.max(1, Math.floor(length / 3));
  return Array.from({ length: Math.max(0, Math.floor((rows - length) / step) + 1) }, (_, i) => i * step);
}
