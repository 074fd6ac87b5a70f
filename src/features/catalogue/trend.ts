import { vortexDifference } from '../bar-indicators.ts';
import { type FeatureDefinition, logOf, overWindow, value } from '../feature-definition.ts';
import { directionalMovement, ema, emaRows, macd, trix, wilderRows } from '../recursive-indicators.ts';
import { line, mean, rowsSinceExtreme } from '../statistics.ts';

const family = 'trend' as const;
const close = value('close');
const bars = [value('high'), value('low'), close];

/** ln(close / SMA). */
const gapToSma = (days: number): FeatureDefinition =>
  overWindow(
    { name: `sma_gap_${days}`, family, unit: 'log ratio', description: `Close against its simple average of ${days} days.` },
    days,
    [close],
    (closes) => Math.log(closes.newest / mean(closes)),
  );

/** ln(close / EMA), the EMA begun anew within its window. */
const gapToEma = (days: number): FeatureDefinition =>
  overWindow(
    {
      name: `ema_gap_${days}`,
      family,
      unit: 'log ratio',
      description: `Close against its exponential average of ${days} days (TA-Lib EMA of the last ${emaRows(days)} bars).`,
    },
    emaRows(days),
    [close],
    (closes) => Math.log(closes.newest / ema(closes, days)),
  );

const MACD_ROWS = 34 + 26;
const macdPart = (name: string, description: string, part: (macd: number, signal: number) => number): FeatureDefinition =>
  overWindow({ name, family, unit: 'fraction of price', description }, MACD_ROWS, [close], (closes) => {
    const found = macd(closes, 12, 26, 9);
    return part(found.macd, found.signal) / closes.newest;
  });

const lineOf = (days: number, part: 'slope' | 'rSquared'): FeatureDefinition =>
  overWindow(
    part === 'slope'
      ? {
          name: `slope_${days}`,
          family,
          unit: 'log return per day',
          description: `Slope of the log close's line over ${days} days.`,
        }
      : {
          name: `trend_fit_${days}`,
          family,
          unit: 'fraction',
          description: `Variance of the log close explained by its line over ${days} days.`,
        },
    days,
    [logOf('close')],
    (closes) => line(closes)[part],
  );

const ADX_PERIOD = 14;
const directional = (name: string, description: string, pick: (found: ReturnType<typeof directionalMovement>) => number) =>
  overWindow({ name, family, unit: 'index', description }, wilderRows(ADX_PERIOD), bars, (high, low, closes) =>
    pick(directionalMovement(high, low, closes, ADX_PERIOD)),
  );

export const TREND: readonly FeatureDefinition[] = [
  ...[7, 20, 50, 200].map(gapToSma),
  ...[12, 26].map(gapToEma),
  overWindow(
    { name: 'sma_cross_10_30', family, unit: 'log ratio', description: 'Ten-day average of the close against the 30-day one.' },
    30,
    [close],
    (closes) => {
      let recent = 0;
      for (let back = 0; back < 10; back++) recent += closes.back(back);
      return Math.log(recent / 10 / mean(closes));
    },
  ),
  macdPart('macd_12_26', 'MACD line (12, 26) over the close.', (line) => line),
  macdPart('macd_histogram_12_26_9', 'MACD line less its 9-day signal, over the close.', (line, signal) => line - signal),
  ...[14, 30].map((days) => lineOf(days, 'slope')),
  lineOf(30, 'rSquared'),
  directional('adx_14', 'Average directional index (Wilder 1978), strength of a trend either way, 0..100.', (found) => found.adx),
  directional('di_difference_14', 'Plus less minus directional indicator (Wilder 1978).', (found) => found.plus - found.minus),
  overWindow(
    { name: 'aroon_oscillator_25', family, unit: 'index', description: 'Aroon up less Aroon down over 25 days, -100..100.' },
    26,
    [value('high'), value('low')],
    (high, low) => (100 * (rowsSinceExtreme(low, -1) - rowsSinceExtreme(high, 1))) / 25,
  ),
  overWindow(
    { name: 'vortex_14', family, unit: 'index', description: 'Positive less negative vortex indicator over 14 days.' },
    15,
    bars,
    vortexDifference,
  ),
  overWindow(
    { name: 'trix_9', family, unit: 'percent', description: 'One-day change of the close smoothed three times over nine days.' },
    50,
    [close],
    (closes) => trix(closes, 9),
  ),
];
