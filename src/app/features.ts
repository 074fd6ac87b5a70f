import { DataError, type Frame, latestDailyMs, type TimeMs } from '../domain/index.ts';
import { CATALOGUE, type FeatureDefinition, featureCodeHash } from '../features/index.ts';
import type { AppParts } from './app-parts.ts';
import { loadView } from './load-view.ts';
import type { MarketView } from './market-view.ts';

/** Stored prices by name, for choosing a canonical series where the question has no training window of its own. */
function canonicalAt(view: MarketView, atMs: TimeMs): string {
  return view.canonicalFor(atMs).series;
}

/** Computes the feature table for every decision day that stored prices cover, and stores it. */
export async function buildFeatures(
  parts: AppParts,
): Promise<{ rows: number; features: number; canonical: string; codeHash: string }> {
  const untilMs = await lastDecisionMs(parts);
  const view = await loadView(parts, untilMs);
  const canonical = canonicalAt(view, untilMs);
  const { features } = view.table(canonical);
  const codeHash = featureCodeHash();
  await parts.store.writeFeatures(frameOf(features), codeHash);
  return { rows: features.timeMs.length, features: features.names.length, canonical, codeHash };
}

/** The features of the latest decision time at or before `atMs`, as known then; null is not known. */
export async function featuresAt(
  parts: AppParts,
  atMs: TimeMs,
): Promise<{ asOfMs: TimeMs; canonical: string; features: Record<string, number | null> }> {
  const asOfMs = latestDailyMs(atMs, parts.config.strategy.decisionHourUtc);
  const view = await loadView(parts, asOfMs);
  const canonical = canonicalAt(view, asOfMs);
  const { matrix } = view.predictionData(canonical, asOfMs);
  const start = (matrix.rows - 1) * matrix.columns;
  const named = (matrix.names ?? []).map((name, i): [string, number | null] => {
    const value = matrix.data[start + i]!;
    return [name, Number.isFinite(value) ? value : null];
  });
  return { asOfMs, canonical, features: Object.fromEntries(named) };
}

export const listFeatures = (): Omit<FeatureDefinition, 'start'>[] => CATALOGUE.map(({ start: _start, ...feature }) => feature);

export function frameOf(features: {
  readonly timeMs: Float64Array;
  readonly names: readonly string[];
  readonly matrix: { readonly data: Float64Array };
}): Frame {
  const { timeMs, names, matrix } = features;
  const columns = names.map((name, column): [string, Float64Array] => [
    name,
    Float64Array.from(timeMs, (_, row) => matrix.data[row * names.length + column]!),
  ]);
  return { timeMs, columns: Object.fromEntries(columns) };
}

/** The last decision time that stored prices reach. @throws DataError `market.nothing_stored` */
export async function lastDecisionMs({ store, config }: AppParts): Promise<TimeMs> {
  const prices = (await store.listSeries()).filter(({ dataset, rows }) => dataset === 'price_data' && rows > 0);
  if (prices.length === 0) {
    throw new DataError('market.nothing_stored', 'no prices are stored', {
      hint: 'Fetch history with `ets backfill`, or import it with `ets ingest`.',
    });
  }
  return latestDailyMs(Math.max(...prices.map(({ lastEndMs }) => lastEndMs)), config.strategy.decisionHourUtc);
}
