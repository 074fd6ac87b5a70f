import { BUY, type Matrix, type Money, money, type Prediction, SELL, type TimeMs, toNumber, toText } from '../domain/index.ts';
import {
  accountView,
  type BookCost,
  type DecisionPolicy,
  type DecisionRecord,
  decisionId,
  type EquityPoint,
  filterTexts,
  type OrderOutcome,
  type OrderSide,
  planTrade,
} from '../trading/index.ts';
import { closeIfProtected } from './close-if-protected.ts';
import type { CycleParts, CycleResult } from './cycle-types.ts';
import { dataVerdictsAt, newestEndMs } from './data-verdicts.ts';
import { leaveBeforeLiquidation } from './leave-before-liquidation.ts';
import type { MarketView } from './market-view.ts';
import { modelQuality } from './model-quality.ts';
import { haltReason } from './order-route.ts';
import { DRIFT_LEVELS } from './risk-settings.ts';
import type { Surroundings } from './risk-surroundings.ts';
import { servePredictionSet } from './serve-prediction-set.ts';
import { type DecidingModel, predictAt } from './serving-model.ts';
import { wantedExposure } from './wanted-exposure.ts';

/** An order that was not sent this long after its decision is given up. */
const ORDER_VALID_MS = 3_600_000;

/**
 * The daily decision cycle, the same in a backtest, on paper and live: stops and targets reached since the last cycle,
 * features as known, prediction, decision, risk, size, the record on disk, the order, the equity. Asking again for a
 * decision that was made carries out what is left of it and never decides anew.
 */
export async function runDailyCycle(parts: CycleParts, decisionTimeMs: TimeMs): Promise<CycleResult> {
  const { strategy, symbol, mode } = parts.settings;
  const id = decisionId({ strategy, symbol, decisionTimeMs, mode });
  const isExchangeUp = await checkRoute(parts);
  const before = parts.decisions.get(id);
  if (before) {
    const view = await parts.market.view(decisionTimeMs);
    parts.noteSurroundings(surroundingsOf(parts, view, before), decisionTimeMs);
    return carryOut(parts, before, [], await markPrice(parts, view, decisionTimeMs), true);
  }
  const view = await parts.market.view(decisionTimeMs);
  const protective = await protect(parts, view, decisionTimeMs);
  const record = await parts.decisions.put(await decideAt(parts, view, id, decisionTimeMs, isExchangeUp));
  return carryOut(parts, record, protective, await markPrice(parts, view, decisionTimeMs), false);
}

/** Stops and targets reached since the last cycle; of perpetuals the funding until now, and a way out before liquidation. */
async function protect(parts: CycleParts, view: MarketView, decisionTimeMs: TimeMs): Promise<readonly OrderOutcome[]> {
  const closed = await closeIfProtected(parts, view, decisionTimeMs);
  if (parts.settings.limits.futures === undefined) return closed;
  await parts.route.accrueFunding?.(parts.engine, decisionTimeMs);
  const quote = await parts.market.quote(decisionTimeMs);
  return quote ? [...closed, ...(await leaveBeforeLiquidation(parts, quote.priceUsd, decisionTimeMs))] : closed;
}

/** Books what the exchange did meanwhile. Halts where it and the journal do not agree. @returns whether it answers */
async function checkRoute({ route, engine, halt }: CycleParts): Promise<boolean> {
  const status = await route.check(engine);
  if (status.kind === 'halt') await halt(haltReason(status));
  return status.kind !== 'exchange_down';
}

/** What would be decided, as the record of it. Changes nothing. */
export async function decideAt(
  parts: CycleParts,
  view: MarketView,
  id: string,
  decisionTimeMs: TimeMs,
  isExchangeUp?: boolean,
): Promise<DecisionRecord> {
  const { settings, engine, clock, market, route } = parts;
  const { ledger } = engine;
  const model = parts.model();
  const canonical = model?.canonical ?? view.canonicalFor(decisionTimeMs).series;
  const { matrix, isSuspect } = view.predictionData(canonical, decisionTimeMs);
  const prediction = model && predictAt(model, view, decisionTimeMs);
  const predictionSet = model && prediction ? servePredictionSet(view, model, parts.served(), prediction, decisionTimeMs) : null;
  const dataVerdicts = dataVerdictsAt(view, canonical, decisionTimeMs);
  const dataAgeMs = decisionTimeMs - newestEndMs(view.table(canonical).price, decisionTimeMs);
  const quote = await market.quote(decisionTimeMs);
  const priceUsd = quote?.priceUsd ?? view.lastClose(canonical, decisionTimeMs);
  const nowMs = clock.nowMs();
  const isHalted = await parts.isHalted();
  const account = accountView(ledger, priceUsd, decisionTimeMs, parts.performance.points);
  const drift = model && watchesDrift(settings) ? modelQuality(view, model, parts.served(), decisionTimeMs) : undefined;
  const kept = drift?.level === 'act' ? settings.exposureAtDrift : 1;
  const policy = model && prediction ? sizedPolicy(settings, view, model, prediction, decisionTimeMs, kept) : settings.policy;
  const increase = increaseWanted(policy, prediction, account.exposure);
  const cost = increase && (await market.cost?.(money((increase.share * account.equityUsd).toFixed(2)), increase.side));
  const context: Surroundings = {
    isExchangeUp,
    marketStatus: route.market().status,
    confidence: prediction?.confidence,
    dataAgeMs,
    dataVerdicts,
    driftLevel: drift && DRIFT_LEVELS[drift.level],
    hasSkill: model?.hasSkill,
    modelAgeMs: model && decisionTimeMs - model.trainedUntilMs,
    priceUsd: toNumber(priceUsd),
    needsBook: settings.mode === 'live',
    spreadBps: cost?.spreadBps,
    slippageBps: cost?.slippageBps,
    secondPriceUsd: toNumber(view.lastClose(canonical, decisionTimeMs)),
    otherSourcePriceUsd: otherSourcePrice(settings, view, decisionTimeMs),
  };
  parts.noteSurroundings(context, decisionTimeMs);
  const plan = planTrade({
    decisionId: id,
    symbol: settings.symbol,
    mode: settings.mode,
    view: { decisionTimeMs, isBarSuspect: isSuspect, dataAgeMs, dataVerdicts },
    prediction,
    policy,
    ledger,
    account,
    limits: settings.limits,
    context: { ...context, isHalted },
    priceUsd: quote?.priceUsd,
    costs: settings.costs,
    filters: route.market().filters,
    limit: settings.limit,
    nowMs,
    validUntilMs: nowMs + ORDER_VALID_MS,
  });
  return {
    decisionId: id,
    strategy: settings.strategy,
    symbol: settings.symbol,
    mode: settings.mode,
    runId: settings.runId,
    decisionTimeMs,
    dataCutoffRecordedMs: nowMs,
    configHash: settings.configHash,
    modelId: model?.modelId ?? null,
    modelSha256: model?.artifactSha256 ?? null,
    inputs: await market.inputs(),
    features: lastRow(matrix),
    prediction: prediction ? { ...prediction, probabilities: [...prediction.probabilities] } : null,
    predictionSet,
    dataVerdicts,
    positionBefore: {
      quantityEth: toText(ledger.balance(ledger.baseAsset)),
      cashUsd: toText(ledger.cashUsd),
      equityUsd: toText(ledger.equityUsd(priceUsd)),
      exposure: ledger.exposure(priceUsd),
      lastBuyMs: ledger.position.lastBuyMs,
    },
    conditions: {
      isHalted,
      isExchangeUp: isExchangeUp ?? null,
      marketStatus: route.market().status,
      ...(drift && { drift: { level: drift.level, reasons: [...drift.reasons] } }),
      cost: recordedCost(cost),
      filters: filterTexts(route.market().filters),
    },
    ...plan,
  };
}

/** What a decision that is on record was made from, for the gate: its orders may not have been sent before a restart. */
function surroundingsOf(parts: CycleParts, view: MarketView, record: DecisionRecord): Surroundings {
  const { settings } = parts;
  const { decisionTimeMs, prediction, dataVerdicts, conditions, sizing } = record;
  const model = parts.model();
  const canonical = model?.canonical ?? view.canonicalFor(decisionTimeMs).series;
  const close = toNumber(view.lastClose(canonical, decisionTimeMs));
  return {
    isExchangeUp: conditions.isExchangeUp ?? undefined,
    marketStatus: conditions.marketStatus,
    confidence: prediction?.confidence,
    dataAgeMs: decisionTimeMs - newestEndMs(view.table(canonical).price, decisionTimeMs),
    dataVerdicts,
    driftLevel: conditions.drift && DRIFT_LEVELS[conditions.drift.level],
    hasSkill: model?.hasSkill,
    modelAgeMs: model && decisionTimeMs - model.trainedUntilMs,
    priceUsd: sizing.priceUsd === null ? close : Number(sizing.priceUsd),
    needsBook: settings.mode === 'live',
    spreadBps: conditions.cost?.spreadBps,
    slippageBps: conditions.cost?.slippageBps ?? undefined,
    secondPriceUsd: close,
    otherSourcePriceUsd: otherSourcePrice(settings, view, decisionTimeMs),
  };
}

/** Sends what a recorded decision announced, where that has not been done, and notes the equity. */
async function carryOut(
  parts: CycleParts,
  record: DecisionRecord,
  protective: readonly OrderOutcome[],
  priceUsd: Money,
  isRepeat: boolean,
): Promise<CycleResult> {
  const { engine, performance } = parts;
  const { decisionId: id, decisionTimeMs, decision } = record;
  await engine.recordDecision({
    decisionId: id,
    decisionTimeMs,
    action: decision.action,
    renewsHolding: decision.renewsHolding && isWanted(record),
  });
  const orders = [...protective, ...(await parts.route.settle(engine, record.intents))];
  await engine.leaveDust(priceUsd, parts.route.market().filters);
  const { ledger } = engine;
  const equity = ledger.equityUsd(priceUsd);
  const point: EquityPoint = {
    timeMs: decisionTimeMs,
    decisionId: id,
    equityUsd: toNumber(equity),
    cashUsd: toNumber(ledger.cashUsd),
    positionEth: toNumber(ledger.balance(ledger.baseAsset)),
    transfersUsd: toNumber(ledger.transfersUsd),
    priceUsd: toNumber(priceUsd),
    exposure: ledger.exposure(priceUsd),
  };
  await engine.recordEquity([point]);
  await performance.record(point);
  return {
    record,
    orders,
    priceUsd: toText(priceUsd),
    equityUsd: toText(equity.round(EQUITY_DECIMALS)),
    exposure: ledger.exposure(priceUsd),
    isRepeat,
  };
}

/** The policy with the sizes that this decision asks for, of which `kept` is left while drift says act. */
function sizedPolicy(
  settings: CycleParts['settings'],
  view: MarketView,
  model: DecidingModel,
  prediction: Prediction,
  atMs: TimeMs,
  kept: number,
): DecisionPolicy {
  const size = (direction: 'long' | 'short') => kept * wantedExposure(settings, view, model, prediction, atMs, direction);
  const short = settings.limits.futures?.allowShort === true ? { shortExposure: size('short') } : {};
  return { ...settings.policy, targetExposure: size('long'), ...short };
}

/** The order that a signal would take more risk with: its side, and its share of equity. */
function increaseWanted(
  { targetExposure, shortExposure }: DecisionPolicy,
  prediction: Prediction | undefined,
  exposure: number,
): { readonly side: OrderSide; readonly share: number } | undefined {
  const bought = targetExposure - exposure;
  if (prediction?.classIndex === BUY && bought > 0) return { side: 'buy', share: bought };
  const sold = (shortExposure ?? 0) + exposure;
  return prediction?.classIndex === SELL && shortExposure !== undefined && sold > 0 ? { side: 'sell', share: sold } : undefined;
}

/** Whether risk left anything of what was decided: of a turn that was denied, only the way out is left. */
const isWanted = ({ risk, decision }: DecisionRecord): boolean =>
  risk.allowed && (risk.targetExposure !== 0 || decision.targetExposure === 0);

/** The last close of the second source; null where it is not known, or too old to compare with. */
function otherSourcePrice(
  { secondSource, limits }: CycleParts['settings'],
  view: MarketView,
  atMs: TimeMs,
): number | null | undefined {
  if (secondSource === undefined) return undefined;
  const last = view.lastCandleOf(secondSource, atMs);
  return last !== undefined && atMs - last.endMs <= limits.maxDataAgeMs ? last.close : null;
}

/** A backtest of years measures drift only where something depends on it. */
const watchesDrift = ({ mode, limits, exposureAtDrift }: CycleParts['settings']): boolean =>
  mode !== 'backtest' || limits.maxDriftLevel !== null || exposureAtDrift < 1;

const recordedCost = (cost: BookCost | undefined): DecisionRecord['conditions']['cost'] =>
  cost === undefined ? null : { ...cost, slippageBps: Number.isFinite(cost.slippageBps) ? cost.slippageBps : null };

const EQUITY_DECIMALS = 8;

/** What equity is marked at: the price one could trade at, else the last close. */
async function markPrice(parts: CycleParts, view: MarketView, decisionTimeMs: TimeMs): Promise<Money> {
  const quote = await parts.market.quote(decisionTimeMs);
  return quote?.priceUsd ?? view.lastClose(parts.model()?.canonical ?? view.canonicalFor(decisionTimeMs).series, decisionTimeMs);
}

/** The newest row of features by name; what is not known is null. */
function lastRow({ data, rows, columns, names = [] }: Matrix): Record<string, number | null> {
  const start = (rows - 1) * columns;
  return Object.fromEntries(names.map((name, i) => [name, Number.isNaN(data[start + i]!) ? null : data[start + i]!]));
}
