import { ExchangeError, type Money } from '../domain/index.ts';
import {
  CcxtBroker,
  keepProtected,
  type OrderIntent,
  type OrderOutcome,
  reconcile,
  type SettleOptions,
  settleOpenOrders,
  settleOrders,
  type TradingEngine,
  withdrawProtection,
} from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';
import { exchangeConnection } from './exchange-connection.ts';
import { exchangeKeys } from './exchange-keys.ts';
import type { OrderRoute, RouteStatus } from './order-route.ts';
import { refuseKey } from './refuse-key.ts';
import { SandboxClock } from './sandbox-clock.ts';
import { worldWait } from './world-wait.ts';

/** World time between two looks at an order that is open. */
const LOOK_EVERY_MS = 15_000;
/** Looks before an order is left to the next cycle. */
const MAX_LOOKS = 60;
/** The simulated exchange is on this machine: what it does not answer by then it will not answer. */
const SANDBOX_TIMEOUT_MS = 2_000;

/**
 * Orders go to an exchange through ccxt: the sandbox's, exactly as to the real one.
 * @throws ExchangeError where it does not answer; ConfigError `exchange.key_missing`, `exchange.key_refused`,
 * `exchange.key_may_not_trade`, `exchange.key_may_withdraw`, `exchange.no_testnet`, `trade.live_other_account`
 */
export async function openExchangeRoute(
  parts: AppParts,
  mode: 'sandbox' | 'live',
  price: () => Promise<Money | undefined>,
): Promise<OrderRoute> {
  const { config, clock, timer, urls, budgets } = parts;
  const { exchange, strategy } = config;
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
  const wait = worldWait(parts);
  const settling: SettleOptions = {
    clock,
    wait: (untilMs) => wait(untilMs, LOOK_EVERY_MS),
    price,
    unfilledTimeoutMs: exchange.unfilledTimeoutS * 1000,
    maxAttempts: exchange.maxAttempts,
    maxRounds: MAX_LOOKS,
  };
  let market = await broker.market(strategy.symbol);
  const protects = exchange.protectOnExchange === 'auto' && broker.capabilities.placesOco;
  const protect = async (engine: TradingEngine): Promise<void> => {
    if (protects) await keepProtected(engine, { clock, symbol: strategy.symbol, mode, filters: market.filters, price });
    // Switched off while a pair rests at the exchange: from now on the price is watched here.
    else await withdrawProtection(engine, settling);
  };
  return {
    mode,
    market: () => market,
    connect: () => broker,
    protect,
    withdraw: (engine) => withdrawProtection(engine, settling),
    async settle(engine: TradingEngine, intents: readonly OrderIntent[]): Promise<OrderOutcome[]> {
      const sells = intents.some(({ side, clientOrderId }) => side === 'sell' && !engine.ledger.orders.has(clientOrderId));
      if (sells) await withdrawProtection(engine, settling);
      const outcomes = await settleOrders(engine, intents, settling);
      await protect(engine);
      return outcomes;
    },
    async check(engine: TradingEngine): Promise<RouteStatus> {
      try {
        market = await broker.market(strategy.symbol);
        await settleOpenOrders(engine, settling);
        const { foreignOrders, unknownOrders } = exchange;
        const { symbol } = strategy;
        const { unexplained } = await reconcile(engine, { symbol, mode, foreignOrders, unknownOrders });
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
