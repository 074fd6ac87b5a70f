import { type Cut, RESEARCH_CUT, type TimeMs } from '../domain/index.ts';
import type { AppParts } from './app-parts.ts';
import { viewOptions } from './cycle-settings.ts';
import { MarketView } from './market-view.ts';
import { readAllSeries } from './read-all-series.ts';

/** Everything stored, as decisions up to `untilMs` see it. */
export async function loadView({ store, config }: AppParts, untilMs: TimeMs, cut: Cut = RESEARCH_CUT): Promise<MarketView> {
  return new MarketView(await readAllSeries(store, cut), untilMs, viewOptions(config));
}
