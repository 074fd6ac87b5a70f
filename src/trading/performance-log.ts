import type { TimeMs } from '../domain/index.ts';

/** Equity at the end of one cycle. Numbers: they are for statistics and charts. */
export interface EquityPoint {
  readonly timeMs: TimeMs;
  readonly decisionId: string;
  readonly equityUsd: number;
  readonly cashUsd: number;
  readonly positionEth: number;
  readonly priceUsd: number;
  readonly exposure: number;
}
