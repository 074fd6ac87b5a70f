import { readFileSync } from 'node:fs';
import { CCI, MFI, RSI, VortexIndicator } from 'trading-signals';
import { describe, expect, it } from 'vitest';
import { commodityChannelIndex, moneyFlowIndex, stochastic, ultimateOscillator, vortexDifference } from './bar-indicators.ts';
import { averageTrueRange, directionalMovement, ema, macd, rsi, trix } from './recursive-indicators.ts';
import { correlation, line, mean, populationDeviation, rowsSinceExtreme } from './statistics.ts';
import { Window } from './window.ts';

type Column = 'open' | 'high' | 'low' | 'close' | 'volume';
const vectors: Record<Column, number[]> & Record<string, number> = JSON.parse(
  readFileSync(new URL('talib-vectors.json', import.meta.url), 'utf8'),
);

function windowOf(values: readonly number[], rows: number): Window {
  const window = new Window(rows);
  for (const value of values) window.push(value);
  return window;
}
const last = (column: Column, rows: number): Window => windowOf(vectors[column], rows);
const typical = vectors.close.map((close, i) => (vectors.high[i]! + vectors.low[i]! + close) / 3);
const bars = (rows: number) => [last('high', rows), last('low', rows), last('close', rows)] as const;
const candles = (rows: number) =>
  vectors.close.slice(-rows).map((close, i) => {
    const at = vectors.close.length - rows + i;
    return { open: vectors.open[at]!, high: vectors.high[at]!, low: vectors.low[at]!, close, volume: vectors.volume[at]! };
  });

describe('indicators against TA-Lib', () => {
  const closes = (rows: number) => last('close', rows);
  const movement = directionalMovement(...bars(57), 14);
  const lines = macd(closes(60), 12, 26, 9);
  const bands = closes(20);
  it.each([
    ['ema12', ema(closes(30), 12)],
    ['ema26', ema(closes(65), 26)],
    ['rsi3', rsi(closes(13), 3)],
    ['rsi14', rsi(closes(57), 14)],
    ['macd', lines.macd],
    ['macdSignal', lines.signal],
    ['atr14', averageTrueRange(...bars(57), 14)],
    ['adx14', movement.adx],
    ['plusDi14', movement.plus],
    ['minusDi14', movement.minus],
    ['trix9', trix(closes(50), 9)],
    ['cci20', commodityChannelIndex(windowOf(typical, 20))],
    ['mfi14', moneyFlowIndex(windowOf(typical, 15), last('volume', 15))],
    ['ultimate', ultimateOscillator(...bars(29), 7, 14, 28)],
    ['aroon25', (100 * (rowsSinceExtreme(last('low', 26), -1) - rowsSinceExtreme(last('high', 26), 1))) / 25],
    ['stochastic14', stochastic(...bars(14))],
    ['williams14', stochastic(...bars(14)) - 100],
    ['bollingerUpper', mean(bands) + 2 * populationDeviation(bands)],
    ['bollingerLower', mean(bands) - 2 * populationDeviation(bands)],
    ['stddev20', populationDeviation(bands)],
    ['slope14', line(windowOf(vectors.close.map(Math.log), 14)).slope],
    ['correl30', correlation(closes(30), last('volume', 30))],
  ])('%s', (name, value) => {
    expect(value).toBeCloseTo(vectors[name]!, 8);
  });
});

describe('indicators against trading-signals', () => {
  const feed = <T, R>(indicator: { add(value: T): R }, values: readonly T[]): R | undefined => {
    let result: R | undefined;
    for (const value of values) result = indicator.add(value);
    return result;
  };
  it('agree where both follow the same definition', () => {
    const closes = vectors.close.slice(-57);
    expect(rsi(windowOf(closes, 57), 14)).toBeCloseTo(feed(new RSI(14), closes)!, 8);
    expect(commodityChannelIndex(windowOf(typical, 20))).toBeCloseTo(feed(new CCI(20), candles(20))!, 8);
    expect(moneyFlowIndex(windowOf(typical, 15), last('volume', 15))).toBeCloseTo(feed(new MFI(14), candles(15))!, 8);
    const vortex = feed(new VortexIndicator(14), candles(15))!;
    expect(vortexDifference(...bars(15))).toBeCloseTo(vortex.plus - vortex.minus, 8);
  });
});
