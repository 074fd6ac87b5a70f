import { BUY, type ClassIndex, HOLD, SELL } from '../../domain/index.ts';

/** Which class counts where several are equally likely: the first of them here. To do nothing needs the least reason. */
export const CLASS_PRECEDENCE: readonly ClassIndex[] = [HOLD, BUY, SELL];

/**
 * The likeliest class of a row, which is what decisions, scores and exports go by; of equally likely ones the first of
 * `CLASS_PRECEDENCE`. @param probabilities rows x 3, row-major
 */
export function topClass(probabilities: ArrayLike<number>, row = 0): ClassIndex {
  const start = row * CLASS_PRECEDENCE.length;
  let top: ClassIndex = HOLD;
  for (const label of CLASS_PRECEDENCE) if (probabilities[start + label]! > probabilities[start + top]!) top = label;
  return top;
}
