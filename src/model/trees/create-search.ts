import type { Binning } from './binning.ts';
import { fewRows, type TreeLimits } from './boosting-grower.ts';
import { CompiledSearch, SEARCH } from './compiled-search.ts';
import { PlainSearch } from './plain-search.ts';
import type { SplitSearch } from './split-search.ts';

/** Makes the search of one fit. `constrained` where any tree is bound to monotone directions. */
export type SearchMaker = (binning: Binning, limits: TreeLimits, constrained: boolean) => SplitSearch;

/** The compiled search; the plain one for constrained trees, whose scan is not compiled, and without WebAssembly. */
export const createSearch: SearchMaker = (binning, limits, constrained) =>
  constrained || !SEARCH.isUsable ? new PlainSearch(binning) : new CompiledSearch(binning, slotsFor(binning, limits));

/** Histograms that can be alive at once: one per leaf that has many rows, and one that is being made. */
export const slotsFor = (binning: Binning, { maxLeaves }: TreeLimits): number =>
  2 + Math.min(maxLeaves, Math.ceil(binning.rows / Math.max(1, fewRows(binning))));
