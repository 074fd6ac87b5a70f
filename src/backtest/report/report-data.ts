import type { ClassLabel, TimeMs } from '../../domain/index.ts';
import type { PerformanceMetrics } from '../metrics/index.ts';

/** Everything that a report shows. Plain numbers and strings: the caller has computed it all. */
export interface ReportData {
  readonly title: string;
  /** Made from a simulated world: said in the title, a banner and every caption. */
  readonly simulated: boolean;
  readonly madeAtMs?: TimeMs | undefined;
  /** The command that makes the same report again. */
  readonly command: string;
  readonly periodStartMs: TimeMs;
  readonly periodEndMs: TimeMs;
  readonly startUsd: number;
  readonly endUsd: number;
  /** What buy-and-hold had at the end, entry costs paid. */
  readonly buyAndHoldUsd: number;
  readonly feesUsd: number;
  readonly skill: { readonly verdict: 'none' | 'found' | 'unknown'; readonly text: string };
  readonly metrics: PerformanceMetrics;
  /** Figures of buy-and-hold, to stand beside the strategy's. */
  readonly buyAndHold?: PerformanceMetrics | undefined;
  readonly model: ReportModel;
  /** One a decision, ascending in time. */
  readonly days: readonly ReportDay[];
  readonly trades: readonly ReportTrade[];
  readonly trainings: readonly ReportTraining[];
  readonly data: readonly ReportSeries[];
  /** Shown in this order: seed, costs, thresholds and so on. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** Scored predictions against the class shares of the training window. Null where no outcome is known. */
export interface ReportModel {
  readonly days: number;
  /** Nats a prediction. */
  readonly logLoss: number | null;
  readonly accuracy: number | null;
  readonly baselineLogLoss: number | null;
  readonly baselineAccuracy: number | null;
}

export interface ReportDay {
  readonly timeMs: TimeMs;
  readonly priceUsd: number;
  readonly equityUsd: number;
  readonly buyAndHoldUsd: number;
  /** What the model predicted; null without a prediction. */
  readonly label: ClassLabel | null;
  /** What was done about it: BUY and SELL change the position, HOLD keeps it. */
  readonly action: ClassLabel;
  /** Calibrated probability of `label`, 0..1. */
  readonly confidence: number | null;
  /** Share of equity in ETH after the decision. */
  readonly exposure: number;
  /** The class that came true: 0 BUY, 1 SELL, 2 HOLD; null while unknown. */
  readonly outcome: 0 | 1 | 2 | null;
}

/** An entry of `trade_history.json` fits. Decimals may be strings. */
export interface ReportTrade {
  /** Long where absent. */
  readonly side?: 'long' | 'short';
  readonly entryTimeMs: TimeMs;
  readonly entryPriceUsd: number | string;
  /** Null while the trade is open, as is its price. */
  readonly exitTimeMs: TimeMs | null;
  readonly exitPriceUsd: number | string | null;
  readonly quantityEth: number | string;
  readonly feesUsd: number | string;
  readonly pnlUsd: number | string;
  readonly reason: string;
}

/** One training and what the deployment gate said of it. */
export interface ReportTraining {
  readonly trainedUntilMs: TimeMs;
  readonly rows: number;
  readonly logLoss: number | null;
  readonly baselineLogLoss: number | null;
  readonly decision: string;
  readonly reason: string;
}

export interface ReportSeries {
  readonly series: string;
  readonly rows: number;
  readonly firstMs: TimeMs | null;
  readonly lastMs: TimeMs | null;
}
