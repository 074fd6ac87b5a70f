import { page } from './page.ts';
import type { ReportData } from './report-data.ts';
import { curves } from './sections/curves.ts';
import { model, trainings } from './sections/model.ts';
import { dataUsed, howMade } from './sections/origin.ts';
import { keyFigures, opening, tiles, verdictCard } from './sections/overview.ts';
import { costs, trades } from './sections/trades.ts';

/**
 * A report as one HTML file that needs nothing else: no script, no request, charts as SVG. It reads from the verdict in
 * words down to the settings, on a screen, a phone or paper. All text in `data` is escaped.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const title = `${data.simulated ? 'SIMULATED \u00b7 ' : ''}${data.title}`;
  return page(title, [
    opening(data),
    verdictCard(data),
    tiles(data),
    curves(data),
    keyFigures(data),
    model(data),
    trades(data),
    costs(data),
    trainings(data),
    dataUsed(data),
    howMade(data),
  ]);
}
