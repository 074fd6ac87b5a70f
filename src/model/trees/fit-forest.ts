import { canGrowCompiled, growCompiled } from './compiled-forest.ts';
import { type ForestGrowth, type GrownForest, growPlain } from './plain-forest.ts';
import type { TrainingWindow } from './training-window.ts';

export type { ForestGrowth, GrownForest } from './plain-forest.ts';

/**
 * Grows trees `first` to `last - 1` of a forest. Every tree has its own random stream, so that a forest is the same
 * however its trees are divided among threads; and the same compiled or not.
 */
export function fitForest(growth: ForestGrowth, window: TrainingWindow, first: number, last: number): GrownForest {
  return canGrowCompiled(growth, window) ? growCompiled(growth, window, first, last) : growPlain(growth, window, first, last);
}
