import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { DAY_MS, ExchangeError, MINUTE_MS, type Money } from '../domain/index.ts';
import {
  type Broker,
  CcxtBroker,
  HaltSwitch,
  keepProtected,
  type OrderIntent,
  type OrderOutcome,
  reconcile,
  type SettleOptions,
  type SymbolMarket,
  settleOpenOrders,
  settleOrders,
  type TradingEngine,
  type TradingMode,
  withdrawProtection,
} from '../trading/index.ts';
import type { ActingTurn } from './acting-turn.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { exchangeConnection } from './exchange-connection.ts';
import { exchangeKeys } from './exchange-keys.ts';
import type { Liquidation, OrderRoute, RouteStatus } from './order-route.ts';
import { refuseKey } from './refuse-key.ts';
import { riskLimits } from './risk-settings.ts';
import { SandboxClock } from './sandbox-clock.ts';
import { worldWait } from './world-wait.ts';

/** World time between two looks at an order that is open. */
const LOOK_EVERY_MS = 15_000;
/** Looks before an order is left to the next cycle. */
const MAX_LOOKS = 60;
/** Executions are compared from this long before the last comparison on: exchanges show some of them late. */
const FILLS_OVERLAP_MS = 10 * MINUTE_MS;
/** The simulated exchange is on this machine: what it does not answer by then it will not answer. */
const SANDBOX_TIMEOUT_MS = 2_000;

/**
 * Orders go to an exchange through ccxt: the sandbox's, exactly as to the real one.
 * @throws ExchangeError where it does not answer; ConfigError `exchange.key_missing`, `exchange.key_refused`,
 * `exchange.key_may_not_trade`, `exchange.key_may_withdraw`, `exchange.no_testnet`, `trade.live_other_account`,
 * `futures.not_in_sandbox`, `futures.venue`, `futures.hedge_mode`, `futures.not_prepared`
 */
export async function openExchangeRoute(
  parts: AppParts,
  mode: 'sandbox' | 'live',
  price: () => Promise<Money | undefined>,
  turn: Pick<ActingTurn, 'broken'>,
): Promise<OrderRoute> {
  const { config, clock, timer, urls, budgets } = parts;
  const { exchange, strategy, futures } = config;
  const isSandbox = clock instanceof SandboxClock;
  const broker = await CcxtBroker.open({
    ...(await exchangeKeys(parts, mode)),
    ...exchangeConnection(config, urls, mode),
    clock,
    timer,
    budgets,
    requestTimeoutMs: isSandbox ? SANDBOX_TIMEOUT_MS : exchange.requestTimeoutS * 1000,
    recvWindowMs: exchange.recvWindowMs,
    ...(isSandbox ? { weightPauseMs: 0, worldSpeed: clock.speed } : {}),
  });
  const { allowWithdrawalKey: allowWithdrawal, testnet: isTestnet } = exchange;
  if (mode === 'live') await refuseKey(broker, { account: parts.liveAccount, allowWithdrawal, isTestnet });
  await broker.perpetual?.prepare(strategy.symbol, futures.leverage);
  const wait = worldWait(parts);
  const halt = new HaltSwitch(join(parts.dataDir, PATHS.halt));
  const settling: SettleOptions = {
    clock,
    wait: (untilMs) => wait(untilMs, LOOK_EVERY_MS, turn.broken),
    isBrokenOff: () => turn.broken?.aborted === true,
    price,
    unfilledTimeoutMs: exchange.unfilledTimeoutS * 1000,
    maxAttempts: exchange.maxAttempts,
    maxRounds: MAX_LOOKS,
    isHalted: async () => (await halt.current()) !== undefined,
    caps: { limits: riskLimits(config, mode), ...config.costs },
  };
  return routeOver(broker, { mode, symbol: strategy.symbol, market: await broker.market(strategy.symbol), exchange, settling });
}

/** What a route over an exchange that is connected goes by. */
export interface RouteSettings {
  readonly mode: TradingMode;
  readonly symbol: string;
  /** The symbol as it was when the exchange was connected. */
  readonly market: SymbolMarket;
  readonly exchange: Pick<Config['exchange'], 'protectOnExchange' | 'foreignOrders' | 'unknownOrders' | 'deniedAdoption'>;
  readonly settling: SettleOptions;
}

/** The route of orders over an exchange that is connected. */
export function routeOver(broker: Broker, given: RouteSettings): OrderRoute {
  const { mode, symbol, exchange, settling } = given;
  const { clock, price } = settling;
  const { perpetual } = broker;
  let { market } = given;
  let liquidation: Liquidation | undefined;
  let fillsSinceMs = clock.nowMs() - DAY_MS;
  const protects = exchange.protectOnExchange === 'auto' && broker.capabilities.placesOco;
  const protect = async (engine: TradingEngine): Promise<void> => {
    if (protects) await keepProtected(engine, { clock, symbol, mode, filters: market.filters, price });
    // Switched off while a pair rests at the exchange: from now on the price is watched here.
    else await withdrawProtection(engine, settling);
  };
  return {
    mode,
    market: () => market,
    marketNow: () => broker.market(symbol),
    connect: () => broker,
    protect,
    withdraw: (engine) => withdrawProtection(engine, settling),
    ...(perpetual !== undefined && { liquidation: () => liquidation }),
    async settle(engine: TradingEngine, intents: readonly OrderIntent[]): Promise<OrderOutcome[]> {
      const sells = intents.some(({ side, clientOrderId }) => side === 'sell' && !engine.ledger.orders.has(clientOrderId));
      if (sells) await withdrawProtection(engine, settling);
      const outcomes = await settleOrders(engine, intents, settling);
      await protect(engine);
      return outcomes;
    },
    async check(engine: TradingEngine): Promise<RouteStatus> {
      try {
        market = await broker.market(symbol);
        await settleOpenOrders(engine, settling);
        const { foreignOrders, unknownOrders, deniedAdoption } = exchange;
        const nowMs = clock.nowMs();
        const { unexplained } = await reconcile(engine, {
          symbol,
          mode,
          foreignOrders,
          unknownOrders,
          deniedAdoption,
          fillsSinceMs,
        });
        fillsSinceMs = nowMs - FILLS_OVERLAP_MS;
        const position = await perpetual?.position(symbol);
        liquidation = position?.liquidationPriceUsd
          ? { quantityEth: position.quantityEth, priceUsd: position.liquidationPriceUsd }
          : undefined;
        const [first] = unexplained;
        if (!first) return { kind: 'ready' };
        return { kind: 'halt', why: `${first.kind} ${first.subject}: journal ${first.journal}, exchange ${first.venue}` };
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        if (error.code === 'exchange.symbol_not_trading') {
          market = { ...market, status: 'delisted' };
          return { kind: 'not_trading', why: error.message };
        }
        return { kind: 'exchange_down', why: error.message };
      }
    },
  };
}
