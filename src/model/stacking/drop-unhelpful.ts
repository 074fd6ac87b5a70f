/**
 * Which base learners are worth keeping: one after another the learner is dropped without which the loss is lowest, as
 * long as it is no higher than with it. One always stays.
 * @param lossOf out-of-fold log loss, summed, of the stack over these learners
 */
export function dropUnhelpful(
  names: readonly string[],
  lossOf: (bases: readonly number[]) => number,
): { readonly kept: readonly number[]; readonly dropped: readonly string[] } {
  let kept = names.map((_, i) => i);
  let loss = lossOf(kept);
  const dropped: string[] = [];
  while (kept.length > 1) {
    const trials = kept.map((base) => {
      const rest = kept.filter((one) => one !== base);
      return { base, rest, loss: lossOf(rest) };
    });
    const best = trials.reduce((lowest, trial) => (trial.loss < lowest.loss ? trial : lowest));
    if (!(best.loss <= loss)) break;
    dropped.push(
      `${names[best.base]}: the out-of-fold log loss is ${best.loss.toFixed(3)} nats without it, ${loss.toFixed(3)} with it`,
    );
    kept = best.rest;
    loss = best.loss;
  }
  return { kept, dropped };
}
