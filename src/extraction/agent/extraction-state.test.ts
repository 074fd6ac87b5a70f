import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addBlockRun } from './block-manifest.ts';
import { ExtractionState } from './extraction-state.ts';
import { addRange, removeRange, splitRange, subtractRanges, type TimeRanges } from './time-ranges.ts';

const LIMIT = 60;
const rangeArbitrary = fc
  .tuple(fc.nat(LIMIT), fc.nat(LIMIT))
  .filter(([one, other]) => one !== other)
  .map(([one, other]) => ({ startMs: Math.min(one, other), endMs: Math.max(one, other) }));
const pointsOf = (ranges: TimeRanges) =>
  Array.from({ length: LIMIT }, (_, at) => ranges.some(({ startMs, endMs }) => startMs <= at && at < endMs));

describe('time ranges', () => {
  it('are sets of times', () => {
    fc.assert(
      fc.property(fc.array(rangeArbitrary, { maxLength: 12 }), rangeArbitrary, (list, other) => {
        const ranges = list.reduce<TimeRanges>(addRange, []);
        const points = pointsOf(list);
        const inOther = pointsOf([other]);
        expect(pointsOf(ranges)).toEqual(points);
        for (const [i, range] of ranges.entries()) if (i > 0) expect(range.startMs).toBeGreaterThan(ranges[i - 1]!.endMs);
        expect(pointsOf(subtractRanges(other, ranges))).toEqual(inOther.map((is, at) => is && !points[at]));
        expect(pointsOf(removeRange(ranges, other))).toEqual(points.map((is, at) => is && !inOther[at]));
        const pieces = splitRange(other, 7);
        expect(pointsOf(pieces)).toEqual(inOther);
        expect(Math.max(...pieces.map(({ startMs, endMs }) => endMs - startMs))).toBeLessThanOrEqual(7);
      }),
    );
  });
});

const hash = (number: number, fork = 'a') => `0x${fork}${String(number + 1).padStart(63, '0')}`;
const run = (first: number, last: number, fork = 'a', parentFork = fork) => ({
  startMs: first * 10,
  endMs: (last + 1) * 10,
  first,
  last,
  firstParentHash: hash(first - 1, parentFork),
  lastHash: hash(last, fork),
});

describe('addBlockRun', () => {
  it('joins runs that continue each other, in any order', () => {
    const added = [run(20, 29), run(0, 9), run(10, 19)].reduce<ReturnType<typeof run>[]>(
      (runs, one) => addBlockRun(runs, one).runs,
      [],
    );
    expect(added).toEqual([run(0, 29)]);
  });

  it('finds a run stale whose successor is no child of it', () => {
    const { runs, stale } = addBlockRun([run(0, 9, 'a')], run(10, 19, 'b'));
    expect(stale).toEqual([run(0, 9, 'a')]);
    expect(runs).toEqual([run(10, 19, 'b')]);
    expect(addBlockRun(runs, run(0, 9, 'b')).runs).toEqual([run(0, 19, 'b')]);
  });
});

describe('ExtractionState', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ets-state-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is the same after it was opened again', async () => {
    const file = join(folder, 'deep', 'state.json');
    const state = await ExtractionState.open(file);
    await Promise.all([
      state.markComplete('a', [{ startMs: 0, endMs: 10 }]),
      state.markComplete('a', [{ startMs: 10, endMs: 20 }]),
      state.markBlocks('a', run(0, 9)),
    ]);
    const again = await ExtractionState.open(file);
    expect(again.completeRanges('a')).toEqual([{ startMs: 0, endMs: 20 }]);
    expect(again.blockRuns('a')).toEqual([run(0, 9)]);
    expect(again.completeRanges('b')).toEqual([]);
  });

  it('asks again for what was made of blocks that are no longer in the chain', async () => {
    const state = await ExtractionState.open(join(folder, 'state.json'));
    await state.markComplete('a', [{ startMs: 0, endMs: 200 }]);
    await state.markBlocks('a', run(0, 9, 'a'));
    expect(await state.markBlocks('a', run(10, 19, 'b'))).toEqual([run(0, 9, 'a')]);
    expect(state.completeRanges('a')).toEqual([{ startMs: 100, endMs: 200 }]);
  });

  it.each(['', '{', '[]', '{"version": 2}', '{"version":1,"complete":{"a":[{"startMs":5,"endMs":1}]}}'])(
    'refuses %j and says what to do',
    async (text) => {
      const file = join(folder, 'state.json');
      await writeFile(file, text);
      await expect(ExtractionState.open(file)).rejects.toMatchObject({ code: 'extraction_state.unreadable' });
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );
});
