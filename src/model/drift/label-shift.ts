import { type JudgedDistance, judgeDistance, stretchStarts } from './own-stretches.ts';

/**
 * Whether outcomes come in other shares than in the training window: Pearson's chi-square of the newest labels' classes
 * against its shares, judged by that of the window's own stretches of as many days. Calm and wild months differ by themselves.
 * @param training labels of the window, ascending in time @param recent the newest that are known, at most half as many
 */
export function measureLabelShift(training: Uint8Array, recent: Uint8Array, classes: number): JudgedDistance {
  const count = (labels: Uint8Array) => {
    const counts = new Float64Array(classes);
    for (const label of labels) counts[label]! += 1;
    return counts;
  };
  // One day of every class beforehand, so that none is impossible.
  const shares = count(training).map((days) => (days + 1) / (training.length + classes));
  const chiSquare = (labels: Uint8Array) =>
    count(labels).reduce((sum, days, k) => {
      const expected = shares[k]! * labels.length;
      return sum + (days - expected) ** 2 / expected;
    }, 0);
  const usual = Float64Array.from(stretchStarts(training.length, recent.length), (from) =>
    chiSquare(training.subarray(from, from + recent.length)),
  );
  return judgeDistance(chiSquare(recent), usual);
}
