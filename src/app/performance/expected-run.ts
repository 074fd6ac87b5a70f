import { lastAtOrBefore, type TimeMs } from '../../domain/index.ts';
import { UNKNOWN_LABEL } from '../../model/index.ts';
import type { DecisionRecord } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { openSimulation } from '../backtest.ts';
import { runDailyCycle } from '../daily-cycle.ts';
import { loadView } from '../load-view.ts';
import type { MarketView } from '../market-view.ts';
import type { DecidingModel } from '../serving-model.ts';

/** Equity of the backtest on one of the days, and what came true of them. */
export interface ExpectedDay {
  readonly timeMs: TimeMs;
  readonly equityUsd: number;
  readonly priceUsd: number;
  /** The class that came true: 0 BUY, 1 SELL, 2 HOLD; null while unknown. */
  readonly outcome: 0 | 1 | 2 | null;
}

/**
 * The backtest of the days that were really decided: the same predictions through the same daily cycle, on stored prices,
 * at the costs of the configuration, from the configured capital, and never halted. What is different in reality is
 * execution: prices and fees of real fills, halts, limits that saw another account, cycles that came late.
 * @param records ascending in time @param models what models were trained on; price series of the newest decision and the configured window unless told @throws DataError where there are no prices to trade them on
 */
export async function expectedRun(
  parts: Pick<AppParts, 'store' | 'config' | 'dataSources'>,
  records: readonly DecisionRecord[],
  models: ReadonlyMap<string, TrainedOn> = new Map(),
): Promise<ExpectedDay[]> {
  const last = records.at(-1);
  if (last === undefined) return [];
  const view = await loadView(parts, last.decisionTimeMs);
  const unknown = view.canonicalFor(last.decisionTimeMs).series;
  const trainedOn = ({ prediction, decisionTimeMs }: DecisionRecord): TrainedOn =>
    models.get(prediction?.modelId ?? '') ?? {
      canonical: unknown,
      trainedUntilMs: decisionTimeMs,
      trainDays: parts.config.model.trainDays,
    };
  let model: DecidingModel | undefined;
  const simulation = await openSimulation(parts.config, view, { current: () => model }, []);
  const days: ExpectedDay[] = [];
  for (const record of records) {
    const { decisionTimeMs, prediction } = record;
    const own = trainedOn(record);
    model = prediction === null ? undefined : recorded(prediction, own);
    simulation.clock.moveTo(decisionTimeMs);
    const { equityUsd, priceUsd } = await runDailyCycle(simulation.parts, decisionTimeMs);
    days.push({
      timeMs: decisionTimeMs,
      equityUsd: Number(equityUsd),
      priceUsd: Number(priceUsd),
      outcome: outcomeOf(view, own.canonical, decisionTimeMs),
    });
  }
  await simulation.parts.engine.close();
  return days;
}

/** The window that a model was trained on, and its price series. */
export type TrainedOn = Pick<DecidingModel, 'canonical' | 'trainedUntilMs' | 'trainDays'>;

const EVEN = [1 / 3, 1 / 3, 1 / 3] as const;

/** A model that says again what was said. */
const recorded = ({ modelId, probabilities }: NonNullable<DecisionRecord['prediction']>, own: TrainedOn): DecidingModel => ({
  modelId,
  artifactSha256: '',
  ...own,
  ensemble: { featureNames: [], classShares: EVEN, predictProba: () => Float64Array.from(probabilities) },
});

function outcomeOf(view: MarketView, canonical: string, decisionTimeMs: TimeMs): ExpectedDay['outcome'] {
  const { set } = view.table(canonical);
  const row = lastAtOrBefore(set.timeMs, decisionTimeMs);
  const label = set.timeMs[row] === decisionTimeMs ? set.label[row]! : UNKNOWN_LABEL;
  return label === UNKNOWN_LABEL ? null : (label as 0 | 1 | 2);
}
