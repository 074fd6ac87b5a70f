import { type Money, money, type Prediction, type TimeMs, toText } from '../domain/index.ts';
import { clientOrderId } from './client-order-id.ts';
import { type Decision, type DecisionPolicy, type DecisionView, decide } from './decide.ts';
import { isUnsellable } from './dust.ts';
import type { Ledger } from './ledger.ts';
import { type LimitPolicy, limitPrice } from './limit-price.ts';
import { type OrderIntent, type OrderLeg, takesRisk } from './order.ts';
import { type Reason, reason } from './reason.ts';
import { freeOfSales, freeToClose } from './reserved.ts';
import { assess, type RiskVerdict } from './risk/assess.ts';
import type { AccountView, RiskContext } from './risk/risk-input.ts';
import type { RiskLimits } from './risk/risk-limits.ts';
import { type Sizing, sizeOrder } from './sizing/size-order.ts';
import { sizePerpetualOrder } from './sizing/size-perpetual.ts';
import { brokenFilter, type SymbolFilters, withoutSmallest } from './symbol-filters.ts';
import type { TradingMode } from './trading-mode.ts';

/** Everything that the way from a prediction to an order may look at. */
export interface TradeInput {
  readonly decisionId: string;
  readonly symbol: string;
  readonly mode: TradingMode;
  readonly view: DecisionView;
  readonly prediction: Prediction | undefined;
  readonly policy: DecisionPolicy;
  readonly ledger: Ledger;
  readonly account: AccountView;
  readonly limits: RiskLimits;
  readonly context: RiskContext;
  /** The price to size with; undefined where none is known, and then nothing is traded. */
  readonly priceUsd: Money | undefined;
  readonly costs: { readonly feeBps: number; readonly slippageBps: number };
  readonly filters: SymbolFilters;
  /** Absent: market orders. */
  readonly limit?: LimitPolicy | undefined;
  readonly nowMs: TimeMs;
  /** An order that was not sent by then is given up. */
  readonly validUntilMs: TimeMs;
  readonly clientOrderIdLength?: number;
}

/** The inputs and the result of sizing, as the decision record keeps them. */
export interface SizingRecord {
  readonly priceUsd: string | null;
  readonly cashUsd: string;
  readonly positionEth: string;
  readonly targetExposure: number | null;
  readonly feeBps: number;
  readonly slippageBps: number;
  readonly side: OrderIntent['side'] | null;
  readonly quantity: string | null;
  /** Why there is no order. */
  readonly reason: Reason | null;
}

export interface TradePlan {
  readonly decision: Decision;
  readonly risk: RiskVerdict;
  readonly sizing: SizingRecord;
  readonly intents: readonly OrderIntent[];
}

/** At a price that nobody knows, only what is below the venue's step or least quantity is nothing. */
const UNKNOWN_PRICE = money('1e30');

/** decide -> assess -> size -> intents: the one way from a prediction to orders, in every mode. Pure. */
export function planTrade(input: TradeInput): TradePlan {
  const { ledger, account, policy } = input;
  const { quantityEth } = ledger.position;
  const rules = input.limits.futures === undefined ? input.filters : withoutSmallest(input.filters);
  const isFlat = isUnsellable(quantityEth.abs(), input.priceUsd ?? UNKNOWN_PRICE, rules);
  const held = { exposure: isFlat ? 0 : account.exposure, lastBuyMs: ledger.position.lastBuyMs ?? undefined };
  const decision = decide(input.view, input.prediction, held, policy);
  const risk = assess(decision, account, input.limits, input.context);
  const sizing = sizeFor(risk, input);
  const order = sizing.kind === 'order' ? sizing : undefined;
  const leg: OrderLeg =
    order && takesRisk(order) ? 'entry' : decision.reasons.some(({ rule }) => rule === 'max_holding') ? 'time_exit' : 'exit';
  const why = leg === 'time_exit' ? leg : `signal_${decision.label.toLowerCase()}`;
  const intents =
    order && input.priceUsd
      ? [
          makeIntent({
            ...input,
            ...order,
            leg,
            attempt: 1,
            reason: why,
            priceUsd: input.priceUsd,
            modelId: input.prediction?.modelId ?? null,
          }),
        ]
      : [];
  return { decision, risk, sizing: recordOf(sizing, risk, input), intents };
}

function sizeFor(risk: RiskVerdict, { ledger, priceUsd, costs, filters, limit, limits }: TradeInput): Sizing {
  const none = (why: string): Sizing => ({ kind: 'none', reason: reason(why) });
  if (!risk.allowed) return none('risk_denied');
  if (risk.targetExposure === null) return none('position_kept');
  if (priceUsd === undefined) return none('no_price');
  const positionEth = ledger.balance(ledger.baseAsset);
  const limitUsd = (side: OrderIntent['side']) => limit && limitPrice(side, priceUsd, limit.offsetBps, filters.priceTick);
  const given = {
    targetExposure: risk.targetExposure,
    cashUsd: ledger.cashUsd,
    otherFeesUsd: ledger.otherFeesUsd,
    positionEth,
    priceUsd,
    buyLimitUsd: limitUsd('buy'),
    ...costs,
    filters,
  };
  const { futures } = limits;
  const sizing =
    futures === undefined
      ? sizeOrder({ ...given, freeEth: freeOfSales(ledger) })
      : sizePerpetualOrder({
          ...given,
          sellLimitUsd: limitUsd('sell'),
          freeEth: freeToClose(ledger),
          walletUsd: ledger.walletUsd,
          leverage: futures.leverage,
        });
  if (sizing.kind === 'none' || limit === undefined) return sizing;
  const limitPriceUsd = limitPrice(sizing.side, priceUsd, limit.offsetBps, filters.priceTick);
  const rules = sizing.reduceOnly === true ? withoutSmallest(filters) : filters;
  const broken = brokenFilter({ side: sizing.side, quantity: sizing.quantity, limitPriceUsd }, priceUsd, rules);
  return broken === undefined ? sizing : { kind: 'none', reason: broken };
}

const recordOf = (sizing: Sizing, risk: RiskVerdict, { ledger, priceUsd, costs }: TradeInput): SizingRecord => ({
  priceUsd: priceUsd === undefined ? null : toText(priceUsd),
  cashUsd: toText(ledger.cashUsd),
  positionEth: toText(ledger.balance(ledger.baseAsset)),
  targetExposure: risk.targetExposure,
  ...costs,
  side: sizing.kind === 'order' ? sizing.side : null,
  quantity: sizing.kind === 'order' ? toText(sizing.quantity) : null,
  reason: sizing.kind === 'order' ? null : sizing.reason,
});

/** What an intent is made from. */
export interface IntentInput {
  readonly decisionId: string;
  readonly leg: OrderLeg;
  readonly attempt: number;
  readonly symbol: string;
  readonly mode: TradingMode;
  readonly side: OrderIntent['side'];
  readonly quantity: Money;
  /** Of an order for a perpetual; absent on spot. */
  readonly reduceOnly?: boolean | undefined;
  readonly priceUsd: Money;
  /** Set where a stop or target fired. */
  readonly triggerPriceUsd?: Money | undefined;
  readonly filters: SymbolFilters;
  /** Absent: a market order. */
  readonly limit?: LimitPolicy | undefined;
  readonly nowMs: TimeMs;
  readonly validUntilMs: TimeMs;
  readonly reason: string;
  readonly modelId: string | null;
  readonly clientOrderIdLength?: number | undefined;
}

/** A market or limit order as an intent, under the id that its decision, leg and attempt give it. */
export function makeIntent(input: IntentInput): OrderIntent {
  const intent: OrderIntent = {
    clientOrderId: clientOrderId(input.decisionId, input.leg, input.attempt, input.clientOrderIdLength),
    decisionId: input.decisionId,
    leg: input.leg,
    attempt: input.attempt,
    symbol: input.symbol,
    side: input.side,
    ...pricing(input),
    quantity: toText(input.quantity),
    ...(input.reduceOnly !== undefined && { reduceOnly: input.reduceOnly }),
    quantityStep: toText(input.filters.quantityStep),
    referencePriceUsd: toText(input.priceUsd),
    plannedAtMs: input.nowMs,
    validUntilMs: input.validUntilMs,
    reason: input.reason,
    modelId: input.modelId,
    mode: input.mode,
  };
  return input.triggerPriceUsd === undefined ? intent : { ...intent, triggerPriceUsd: toText(input.triggerPriceUsd) };
}

function pricing({ side, priceUsd, limit, filters }: IntentInput): Pick<OrderIntent, 'type' | 'limitPriceUsd' | 'postOnly'> {
  if (limit === undefined) return { type: 'market' };
  const limitPriceUsd = toText(limitPrice(side, priceUsd, limit.offsetBps, filters.priceTick));
  return { type: 'limit', limitPriceUsd, ...(limit.postOnly && { postOnly: true }) };
}

/** What a way out is planned from. */
export interface ExitInput extends Omit<IntentInput, 'side' | 'quantity' | 'reduceOnly' | 'decisionId' | 'attempt' | 'modelId'> {
  readonly decisionId?: string;
  /** Whether what is held is a position in a perpetual. */
  readonly isPerpetual?: boolean;
}

/**
 * The order that leaves everything that is held, as an order of `leg`: a sale, or a purchase where it is short; undefined
 * where there is nothing that can be traded.
 */
export function planExit(ledger: Ledger, input: ExitInput): OrderIntent | undefined {
  const { isPerpetual = false, ...rest } = input;
  const positionEth = ledger.balance(ledger.baseAsset);
  const given = {
    targetExposure: 0,
    cashUsd: ledger.cashUsd,
    positionEth,
    priceUsd: input.priceUsd,
    feeBps: 0,
    slippageBps: 0,
    filters: input.filters,
  };
  const sizing = isPerpetual
    ? sizePerpetualOrder({ ...given, freeEth: freeToClose(ledger), walletUsd: ledger.walletUsd, leverage: 1 })
    : sizeOrder({ ...given, freeEth: freeOfSales(ledger) });
  if (sizing.kind === 'none') return undefined;
  // Ether that was adopted and never added to belongs to no decision.
  const decisionId = input.decisionId ?? ledger.position.decisionId ?? `adopted-${input.nowMs}`;
  const attempt = ledger.attempts(decisionId, input.leg).length + 1;
  const modelId = ledger.openTrade?.modelId ?? null;
  return makeIntent({ ...rest, ...sizing, decisionId, attempt, modelId });
}
