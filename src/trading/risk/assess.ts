import { type Reason, reason } from '../reason.ts';
import { futuresDenials } from './futures-rules.ts';
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
 * What the risk limits say of a wanted exposure. Less exposure, long or short, is never denied: leaving must stay possible
 * whatever has been lost. More exposure needs every rule's consent; position and order limits make it smaller instead. Of a
 * change to the other side that is denied, the half that closes what is held is left.
 */
export function assess(
  wanted: { readonly targetExposure: number | null },
  account: AccountView,
  limits: RiskLimits,
  context: RiskContext,
): RiskVerdict {
  const { targetExposure } = wanted;
  const { exposure } = account;
  if (targetExposure === null) return { allowed: true, targetExposure: null, reasons: [] };
  if (!takesMoreRisk(targetExposure, exposure)) return { allowed: true, targetExposure, reasons: [] };
  const isAgainst = targetExposure * exposure < 0;
  const denials = [
    ...RISK_RULES.flatMap((rule) => rule(account, limits, context) ?? []),
    ...futuresDenials(targetExposure, account, limits, context),
  ];
  if (denials.length > 0) {
    return isAgainst
      ? { allowed: true, targetExposure: 0, reasons: denials }
      : { allowed: false, targetExposure: null, reasons: denials };
  }
  const size = Math.abs(targetExposure);
  const held = isAgainst ? 0 : Math.abs(exposure);
  const caps = capsOf(held, account, limits).filter(([, cap]) => cap < size);
  const capped = Math.max(held, Math.min(size, ...caps.map(([, cap]) => cap)));
  return {
    allowed: true,
    targetExposure: targetExposure < 0 ? -capped : capped,
    reasons: caps.map(([rule, cap]) => reason(rule, targetExposure, cap)),
  };
}

/** Whether a change goes further from zero, or to the other side of it. */
export const takesMoreRisk = (target: number, exposure: number): boolean =>
  target * exposure < 0 || Math.abs(target) > Math.abs(exposure);

/** The size to which each limit holds a position of which `held` is there already. */
function capsOf(held: number, { equityUsd }: AccountView, limits: RiskLimits): [rule: string, exposure: number][] {
  const caps: [string, number][] = [['max_exposure', limits.maxExposure]];
  if (limits.futures !== undefined) caps.push(['leverage', limits.futures.leverage]);
  if (limits.maxPositionUsd !== null) caps.push(['max_position_usd', limits.maxPositionUsd / equityUsd]);
  if (limits.maxOrderUsd !== null) caps.push(['max_order_usd', held + limits.maxOrderUsd / equityUsd]);
  return caps;
}
