import type { Binning } from './binning.ts';
import { CompiledGrower, GROWER } from './compiled-grower.ts';
import { PlainGrower } from './plain-grower.ts';
import type { TreeGrower, TreeLimits } from './tree-grower.ts';

/** Makes the grower of one fit. `directions` are the monotone ones by class, `null` where nothing binds it. */
export type GrowerMaker = (binning: Binning, limits: TreeLimits, directions: readonly (Int8Array | null)[]) => TreeGrower;

/** The compiled grower; the plain one for monotone trees, whose scan is not compiled, and without WebAssembly. */
export const createGrower: GrowerMaker = (binning, limits, directions) =>
  directions.some((bound) => bound !== null) || !GROWER.isUsable
    ? new PlainGrower(binning, limits, directions)
    : new CompiledGrower(binning, limits);
