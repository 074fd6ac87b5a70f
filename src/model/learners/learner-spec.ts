import type { LogisticPenalty } from '../linear/fit-logistic.ts';
import type { PluginRef } from '../plugins/learner-plugin.ts';
import type { BoostingGrowth } from '../trees/fit-boosting.ts';
import type { ForestGrowth } from '../trees/fit-forest.ts';
import type { WindowNeeds } from '../trees/training-window.ts';

/** Which learner, with every setting resolved. */
export type LearnerSpec =
  | { readonly kind: 'boosting'; readonly growth: BoostingGrowth; readonly maxBins: number }
  | { readonly kind: 'forest'; readonly growth: ForestGrowth; readonly maxBins: number }
  | { readonly kind: 'logistic'; readonly penalty: LogisticPenalty }
  | { readonly kind: 'pool'; readonly priorRows: number }
  | { readonly kind: 'prior' }
  | { readonly kind: 'plugin'; readonly ref: PluginRef; readonly settings: Readonly<Record<string, unknown>> };

/** Most bins per column, or `null` where the learner works on values. */
const binsOf = (spec: LearnerSpec): number | null =>
  spec.kind === 'boosting' || (spec.kind === 'forest' && spec.growth.splits === 'best') ? spec.maxBins : null;

/** What learners that share a window need of it: the bins of the first that wants some, and ranks where any does. */
export const needsOf = (specs: readonly LearnerSpec[]): WindowNeeds => ({
  maxBins: specs.map(binsOf).find((most) => most !== null) ?? null,
  ranks: specs.some((spec) => spec.kind === 'forest' && spec.growth.splits === 'random'),
});
