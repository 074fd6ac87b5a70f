import type { LearnerSpec } from './learner-spec.ts';
import { checkSettings } from './settings.ts';

export interface ForestOptions {
  /** 100 */
  readonly trees?: number;
  /** Rows a leaf must have; a row drawn twice counts twice. 1 */
  readonly minLeafSamples?: number;
  /** Levels of splits; no limit unless given. */
  readonly maxDepth?: number;
  /** Share of columns tried per split; the square root of their number unless given. */
  readonly columnSample?: number;
  /** 255 at most, and by default. Without meaning where thresholds are random. */
  readonly maxBins?: number;
  readonly seed?: number;
  readonly threads?: number;
}

/** @throws ModelError `learner.bad_setting` */
export function forestSpec(options: ForestOptions, splits: 'best' | 'random'): LearnerSpec {
  const {
    trees = 100,
    minLeafSamples = 1,
    maxDepth = Number.POSITIVE_INFINITY,
    columnSample,
    maxBins = 255,
    seed = 1,
    threads = 1,
  } = options;
  checkSettings({ counts: { trees, minLeafSamples, maxBins, threads }, limits: { maxDepth }, shares: { columnSample } });
  return {
    kind: 'forest',
    maxBins,
    growth: { trees, minLeafSamples, maxDepth, columnSample: columnSample ?? null, seed, splits },
  };
}
