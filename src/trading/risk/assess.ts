import { type Reason, reason } from '../reason.ts';
import type { AccountView, RiskContext } from './risk-input.ts';
import type { RiskLimits } from './risk-limits.ts';
import { RISK_RULES } from './risk-rules.ts';

export interface RiskVerdict {
  readonly allowed: boolean;
  /** The wanted exposure, or less where a position limit caps it; null where nothing is to change. */
  readonly targetExposure: number | null;
  /** Rules that denied, or capped, with their value and limit. Empty where nothing was in the way. */
  readonly reasons: readonly Reason[];
}

/**
 * What the risk limits say of a wanted exposure. Less exposure is never denied: selling must stay possible whatever has
 * been lost. More exposure needs every rule's consent; position and order limits make it smaller instead.
 */
export function assess(
  wanted: { readonly targetExposure: number | null },
  account: AccountView,
  limits: RiskLimits,
  context: RiskContext,
): RiskVerdict {
  const { targetExposure } = wanted;
  if (targetExposure === null) return { allowed: true, targetExposure: null, reasons: [] };
  if (targetExposure <= account.exposure) return { allowed: true, targetExposure, reasons: [] };
  const denials = RISK_RULES.flatMap((rule) => rule(account, limits, context) ?? []);
  if (denials.length > 0) return { allowed: false, targetExposure: null, reasons: denials };
  const caps = capsOf(account, limits).filter(([, cap]) => cap < targetExposure);
  const capped = Math.max(account.exposure, Math.min(targetExposure, ...caps.map(([, cap]) => cap)));
  return { allowed: true, targetExposure: capped, reasons: caps.map(([rule, cap]) => reason(rule, targetExposure, cap)) };
}

function capsOf(account: AccountView, limits: RiskLimits): [rule: string, exposure: number][] {
  const caps: [string, number][] = [['max_exposure', limits.maxExposure]];
  if (limits.maxPositionUsd !== null) caps.push(['max_position_usd', limits.maxPositionUsd / account.equityUsd]);
  if (limits.maxOrderUsd !== null) caps.push(['max_order_usd', account.exposure + limits.maxOrderUsd / account.equityUsd]);
  return caps;
}
