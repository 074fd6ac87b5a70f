/** One point of a curve, already where it is drawn or not. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * At most `most` points that look the same: first, lowest, highest and last of each of equally many neighbours. Every
 * extreme survives, so that a drawdown is never drawn shallower than it was.
 */
export function thinCurve(points: readonly Point[], most = 800): readonly Point[] {
  if (points.length <= most) return points;
  const buckets = Math.max(Math.floor((most - 2) / 2), 1);
  const inner = points.length - 2;
  const kept = [points[0]!];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * inner) / buckets);
    const to = 1 + Math.floor(((bucket + 1) * inner) / buckets);
    let low = from;
    let high = from;
    for (let i = from + 1; i < to; i++) {
      if (points[i]!.y < points[low]!.y) low = i;
      if (points[i]!.y > points[high]!.y) high = i;
    }
    kept.push(points[Math.min(low, high)]!);
    if (low !== high) kept.push(points[Math.max(low, high)]!);
  }
  kept.push(points.at(-1)!);
  return kept;
}
