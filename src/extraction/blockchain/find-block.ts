import type { TimeMs } from '../../domain/index.ts';
import type { BlockHeader } from '../rpc/parse-block-header.ts';

interface BlockTimes {
  read(numbers: readonly number[], signal: AbortSignal): Promise<(BlockHeader | undefined)[]>;
}

interface Point {
  readonly number: number;
  readonly timeMs: TimeMs;
}

/**
 * Number of the first block up to `newest` whose time is `timeMs` or later, `newest.number + 1` where there is none. By
 * interpolation, with bisection where that narrows too slowly, so any spacing of blocks will do. Blocks that the node
 * does not have (pruned) count as older.
 */
export async function findFirstBlock(source: BlockTimes, timeMs: TimeMs, newest: Point, signal: AbortSignal): Promise<number> {
  if (newest.timeMs < timeMs) return newest.number + 1;
  let above: Point = newest;
  let below: Point | undefined;
  let lowest = 0;
  let bisect = false;
  while (lowest < above.number) {
    const width = above.number - lowest;
    const guess = bisect || !below ? undefined : interpolate(below, above, timeMs);
    const asked = guess === undefined ? spread(lowest, above.number - 1) : around(guess, lowest, above.number - 1, width);
    for (const [i, header] of (await source.read(asked, signal)).entries()) {
      const number = asked[i]!;
      if (header && header.timeMs >= timeMs) {
        if (number < above.number) above = header;
      } else if (number >= lowest) {
        lowest = number + 1;
        if (header) below = header;
      }
    }
    bisect = above.number - lowest > width / 4;
  }
  return above.number;
}

/** Up to five numbers evenly inside first..last. */
function spread(first: number, last: number): number[] {
  const count = Math.min(5, last - first + 1);
  return Array.from({ length: count }, (_, i) => first + Math.floor(((i + 0.5) * (last - first + 1)) / count));
}

function around(guess: number, first: number, last: number, width: number): number[] {
  const near = Math.max(1, Math.ceil(Math.sqrt(width) / 4));
  const numbers = [guess - near, guess - 1, guess, guess + near].map((number) => Math.min(last, Math.max(first, number)));
  return [...new Set(numbers)].sort((one, other) => one - other);
}

const interpolate = (below: Point, above: Point, timeMs: TimeMs): number =>
  Math.round(below.number + ((timeMs - below.timeMs) / (above.timeMs - below.timeMs)) * (above.number - below.number));
