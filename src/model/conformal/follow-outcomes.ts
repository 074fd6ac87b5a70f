import { type AdaptiveConformal, adaptiveSet, observeOutcome } from './adaptive-conformal.ts';
import { nonconformity } from './conformal-scores.ts';

/** What was said of a day whose outcome is known. */
export interface ServedOutcome {
  readonly probabilities: ArrayLike<number>;
  readonly label: number;
  /** The set of classes that was given with it; absent where none was, so that it can be neither hit nor missed. */
  readonly given?: readonly number[] | undefined;
}

/**
 * Where adaptive conformal prediction stands after these outcomes, in the order in which they became known: the state is
 * a function of where it started and of what was served, and is kept nowhere. The sets that were really given count, by
 * whichever model, so its bound on the share of misses holds across models. @throws ModelError `conformal.*`
 */
export function followOutcomes(start: AdaptiveConformal, outcomes: readonly ServedOutcome[]): AdaptiveConformal {
  let { missRate } = start;
  for (const { label, given } of outcomes) {
    if (given) missRate += start.rate * (1 - start.coverage - (given.includes(label) ? 0 : 1));
  }
  const newest = outcomes.slice(-start.window);
  const scores = newest.map(
    ({ probabilities, label }) => nonconformity(Float64Array.from(probabilities), Uint8Array.of(label), probabilities.length)[0]!,
  );
  return { ...start, missRate, scores: Float64Array.of(...start.scores, ...scores).slice(-start.window) };
}

/** A day of the past as it would have been served: its outcome is known only at `knownMs`. */
export interface FollowedDay {
  readonly timeMs: number;
  readonly knownMs: number;
  readonly probabilities: Float64Array;
  readonly label: number;
}

/**
 * The set of each day, given what was known when it was asked for: outcomes wait until their label is known.
 * @param days ascending in time
 */
export function adaptiveSets(start: AdaptiveConformal, days: readonly FollowedDay[]): number[][] {
  let state = start;
  let waiting: { readonly day: FollowedDay; readonly given: number[] }[] = [];
  return days.map((day) => {
    const known = waiting.filter((one) => one.day.knownMs <= day.timeMs).sort((a, b) => a.day.knownMs - b.day.knownMs);
    for (const one of known) state = observeOutcome(state, one.day.probabilities, one.day.label, one.given);
    waiting = waiting.filter((one) => one.day.knownMs > day.timeMs);
    const given = adaptiveSet(state, day.probabilities);
    waiting.push({ day, given });
    return given;
  });
}
