import { type Cut, RESEARCH_CUT, type TimeMs } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { viewOptions } from './cycle-settings.ts';
import { staleAfterHours } from './external-data.ts';
import { MarketView } from './market-view.ts';
import { readOwnSeries } from './own-series.ts';
import { readAllSeries } from './read-all-series.ts';

/** Everything stored, as decisions up to `untilMs` see it. @param trainDays as configured unless told */
export async function loadView(
  parts: Pick<AppParts, 'store' | 'config' | 'dataSources'>,
  untilMs: TimeMs,
  cut: Cut = RESEARCH_CUT,
  trainDays: number = parts.config.model.trainDays,
): Promise<MarketView> {
  const own = await readOwnSeries(parts, cut);
  return new MarketView([...(await readAllSeries(parts.store, cut)), ...own.series], untilMs, {
    ...viewOptions(parts.config),
    trainDays,
    custom: own.columns,
    staleAfterHours: staleAfterHours(parts.dataSources.current),
  });
}
