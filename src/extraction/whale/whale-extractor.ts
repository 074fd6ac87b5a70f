import { DAY_MS } from '../../domain/index.ts';
import type { SourceExtractor } from '../source-extractor.ts';
import { pickRows } from '../validation/pick-rows.ts';

/** Days back that the plan of Whale Alert serves; the free and the first paid plan give a month. */
const PLAN_DAYS = 30;

/**
 * Large transfers from Whale Alert where it reaches, from the blocks of a node before that and whenever Whale Alert
 * fails. Every stretch of time comes from one of the two, so no transfer is counted twice.
 */
export function createWhaleExtractor(
  alerts: SourceExtractor | undefined,
  node: SourceExtractor | undefined,
  planDays: number = PLAN_DAYS,
): SourceExtractor | undefined {
  if (!alerts || !node) return alerts ?? node;
  return {
    dataset: 'whale_data',
    name: 'whale_alert or node',
    series: [...alerts.series, ...node.series],
    chunkDays: 16,
    dailyCost: node.dailyCost,
    async extract(range, context) {
      if (range.startMs < context.nowMs - planDays * DAY_MS) return node.extract(range, context);
      try {
        return await alerts.extract(range, context);
      } catch (alertsError) {
        context.signal.throwIfAborted();
        try {
          return await node.extract(range, context);
        } catch {
          throw alertsError;
        }
      }
    },
  };
}

/** Leaves transfers out that moved less than `minEth`. */
export const withMinimum = (whales: SourceExtractor, minEth: number): SourceExtractor => ({
  ...whales,
  async extract(range, context) {
    const { batches, ...rest } = await whales.extract(range, context);
    const kept = batches.map((batch) => {
      const amounts = batch.numbers.amount_eth;
      const rows = [...batch.timeMs.keys()].filter((row) => !(amounts && amounts[row]! < minEth));
      return pickRows(batch, rows);
    });
    return { ...rest, batches: kept };
  },
});
