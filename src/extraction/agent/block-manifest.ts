import { z } from 'zod';
import type { BlockRun } from '../source-extractor.ts';

const blockNumber = z.int().min(0);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/i);

export const blockRunSchema = z
  .object({ startMs: z.int(), endMs: z.int(), first: blockNumber, last: blockNumber, firstParentHash: hash, lastHash: hash })
  .refine(({ first, last, startMs, endMs }) => first <= last && startMs < endMs);

/**
 * Adds a run of blocks that was read to those before. A run that continues another is joined to it when its first block
 * is the child of the other's last: the manifest then proves by hashes that nothing is missing between its ends. Where
 * it is not the child, the chain was changed after that run was read: the run is taken out and returned as `stale`.
 */
export function addBlockRun(runs: readonly BlockRun[], added: BlockRun): { runs: BlockRun[]; stale: BlockRun[] } {
  const stale: BlockRun[] = [];
  const kept: BlockRun[] = [];
  let joined = added;
  for (const run of runs) {
    const isReadAgain = run.startMs >= added.startMs && run.endMs <= added.endMs;
    if (isReadAgain) continue;
    if (touches(run, added)) {
      if (isParent(run, added)) joined = join(run, joined);
      else stale.push(run);
    } else if (touches(added, run)) {
      if (isParent(added, run)) joined = join(joined, run);
      else stale.push(run);
    } else kept.push(run);
  }
  return { runs: [...kept, joined].sort((one, other) => one.first - other.first), stale };
}

/** By time or by number: another chain may have other numbers at the same time. */
const touches = (earlier: BlockRun, later: BlockRun) => earlier.endMs === later.startMs || earlier.last + 1 === later.first;
const isParent = (earlier: BlockRun, later: BlockRun) =>
  earlier.last + 1 === later.first && earlier.lastHash === later.firstParentHash;

const join = (earlier: BlockRun, later: BlockRun): BlockRun => ({
  startMs: earlier.startMs,
  endMs: later.endMs,
  first: earlier.first,
  last: later.last,
  firstParentHash: earlier.firstParentHash,
  lastHash: later.lastHash,
});
