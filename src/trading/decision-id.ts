import { createHash } from 'node:crypto';
import type { TimeMs } from '../domain/index.ts';
import type { TradingMode } from './trading-mode.ts';

/** What a decision is identified by, and nothing else: asking twice for the same one gives the same id. */
export interface DecisionKey {
  /** The configured name of the strategy instance. */
  readonly strategy: string;
  readonly symbol: string;
  /** The scheduled time, not the time at which the cycle happened to run. */
  readonly decisionTimeMs: TimeMs;
  readonly mode: TradingMode;
}

/** 32 hexadecimal digits. */
export function decisionId(key: DecisionKey): string {
  return hash([key.strategy, key.symbol, key.decisionTimeMs, key.mode]);
}

/** The id of an order that a person asked for (`ets flatten`): derived from the request, told apart from scheduled ones. */
export function manualDecisionId(key: DecisionKey, request: string): string {
  return hash([key.strategy, key.symbol, key.decisionTimeMs, key.mode, request]);
}

const hash = (parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
