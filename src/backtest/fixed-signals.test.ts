import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../domain/index.ts';
import { backtestFixedSignals, type CandleColumns, type FixedSignal } from './fixed-signals.ts';

const HOUR = 3_600_000;
const plain = { capitalUsd: '10000', feeBps: 10, slippageBps: 0, useFilters: false };

function randomCandles(seed: number, bars: number): CandleColumns {
  const rng = createRng(seed);
  let price = 2000;
  const rows = Array.from({ length: bars }, (_, i) => {
    const open = price;
    price = Math.max(50, Math.round(price * (1 + (rng() - 0.5) * 0.04) * 100) / 100);
    return { timeMs: i * HOUR, open, close: price };
  });
  return {
    timeMs: Float64Array.from(rows, (row) => row.timeMs),
    open: Float64Array.from(rows, (row) => row.open),
    close: Float64Array.from(rows, (row) => row.close),
  };
}

/** The definition with doubles: all in or all out at the next open, fee on top of the notional. */
function allInOrOut({ open, close }: CandleColumns, targets: readonly number[], fee: number, slippage: number): number[] {
  let [cash, eth, wanted] = [10_000, 0, 0];
  return targets.map((_, i) => {
    const target = i === 0 ? 0 : targets[i - 1]!;
    if (target !== wanted) {
      wanted = target;
      if (target === 1) [eth, cash] = [cash / (open[i]! * (1 + slippage) * (1 + fee)), 0];
      else [cash, eth] = [eth * open[i]! * (1 - slippage) * (1 - fee), 0];
    }
    return cash + eth * close[i]!;
  });
}

describe('backtestFixedSignals', () => {
  it('agrees with plain arithmetic at every bar', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 0, max: 50 }),
        fc.constantFrom(0, 7),
        async (seed, feeBps, slippageBps) => {
          const candles = randomCandles(seed, 120);
          const rng = createRng(seed, 1);
          const targets = Array.from({ length: 120 }, () => (rng() < 0.5 ? 0 : 1));
          const signals = targets.map((target, i) => ({ timeMs: i * HOUR, target }));
          const result = await backtestFixedSignals(candles, signals, { ...plain, feeBps, slippageBps });
          const expected = allInOrOut(candles, targets, feeBps / 1e4, slippageBps / 1e4);
          result.equityCurve.forEach((equity, i) => void expect(equity / expected[i]!).toBeCloseTo(1, 9));
          expect(Number(result.equity.endUsd) / expected.at(-1)!).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('needs a row only where the target changes, and the order of equal rows does not trade', async () => {
    const candles = randomCandles(3, 50);
    const changes: FixedSignal[] = [
      { timeMs: 5 * HOUR, target: 1 },
      { timeMs: 20 * HOUR, target: 0 },
    ];
    const everyBar = Array.from({ length: 50 }, (_, i) => ({ timeMs: i * HOUR, target: i >= 5 && i < 20 ? 1 : 0 }));
    const short = await backtestFixedSignals(candles, changes, plain);
    expect(await backtestFixedSignals(candles, everyBar, plain)).toEqual(short);
    expect(short.trades).toBe(2);
    expect(short.fills.map((fill) => fill.executedAtMs)).toEqual([6 * HOUR, 21 * HOUR]);
    expect(short.fills[0]?.priceUsd).toBe(String(candles.open[6]));
  });

  it('holds a part of equity', async () => {
    const candles = randomCandles(4, 10);
    const { fills, equityCurve } = await backtestFixedSignals(candles, [{ timeMs: 0, target: 0.5 }], plain);
    expect(Number(fills[0]?.quantity) * candles.open[1]!).toBeCloseTo(5_000, 8);
    expect(equityCurve[0]).toBe(10_000);
  });

  it('does nothing about a signal of the last bar, and closes nothing at the end', async () => {
    const candles = randomCandles(5, 10);
    const late = await backtestFixedSignals(candles, [{ timeMs: 9 * HOUR, target: 1 }], plain);
    expect(late).toMatchObject({ trades: 0, equity: { startUsd: '10000', endUsd: '10000' } });
    const open = await backtestFixedSignals(candles, [{ timeMs: 0, target: 1 }], plain);
    expect(open.trades).toBe(1);
    expect(Number(open.equity.endUsd)).toBeCloseTo((10_000 / 1.001 / candles.open[1]!) * candles.close[9]!, 6);
  });

  it('takes the last of several signals of one bar, and one from before the first bar at its open', async () => {
    const candles = randomCandles(6, 10);
    const twice = [
      { timeMs: 2 * HOUR, target: 1 },
      { timeMs: 2 * HOUR + 1, target: 0 },
    ];
    expect((await backtestFixedSignals(candles, twice, plain)).trades).toBe(0);
    const early = await backtestFixedSignals(candles, [{ timeMs: -HOUR, target: 1 }], plain);
    expect(early.fills.map((fill) => fill.executedAtMs)).toEqual([0]);
  });

  it('rounds quantities to the step of the venue unless told not to', async () => {
    const candles = randomCandles(7, 10);
    const { fills } = await backtestFixedSignals(candles, [{ timeMs: 0, target: 1 }], { ...plain, useFilters: true });
    expect(fills[0]?.quantity).toMatch(/^\d+\.\d{1,4}$/);
  });

  it('gives the same bytes again, and a run over a prefix is the prefix of the full run', async () => {
    const candles = randomCandles(8, 100);
    const signals = Array.from({ length: 100 }, (_, i) => ({ timeMs: i * HOUR, target: Math.floor(i / 7) % 2 }));
    const full = await backtestFixedSignals(candles, signals, plain);
    expect(await backtestFixedSignals(candles, signals, plain)).toEqual(full);
    const part = { timeMs: candles.timeMs.slice(0, 60), open: candles.open.slice(0, 60), close: candles.close.slice(0, 60) };
    const prefix = await backtestFixedSignals(part, signals, plain);
    expect([...prefix.equityCurve]).toEqual([...full.equityCurve.slice(0, 60)]);
  });

  it('is empty over no candles', async () => {
    const none = new Float64Array(0);
    expect(
      await backtestFixedSignals({ timeMs: none, open: none, close: none }, [{ timeMs: 0, target: 1 }], plain),
    ).toMatchObject({ bars: 0, trades: 0 });
  });
});
