import { ConfigError, ExchangeError, type Money } from '../domain/index.ts';
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
  type Venue,
  withdrawProtection,
} from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';
import { exchangeKeys } from './exchange-keys.ts';
import type { Liquidation, OrderRoute, RouteStatus } from './order-route.ts';
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
 * @throws ExchangeError where it does not answer; ConfigError `exchange.key_missing`, `exchange.key_may_withdraw`,
 * `trade.live_other_account`, `futures.not_in_sandbox`, `futures.venue`, `futures.hedge_mode`, `futures.not_prepared`
 */
export async function openExchangeRoute(
  parts: AppParts,
  mode: 'sandbox' | 'live',
  price: () => Promise<Money | undefined>,
): Promise<OrderRoute> {
  const { config, clock, timer, urls } = parts;
  const { exchange, strategy, futures } = config;
  if (futures.enabled) refuseWhereNoPerpetuals(exchange.venue, mode);
  const isSandbox = clock instanceof SandboxClock;
  const broker = await CcxtBroker.open({
    ...(await exchangeKeys(parts, mode)),
    venue: futures.enabled ? 'binance_usdm' : 'binance',
    ...(futures.enabled ? perpetualHosts(urls) : urls.binance === undefined ? {} : { baseUrl: urls.binance }),
    ...(exchange.userStream && !futures.enabled && urls.binanceWsApi !== undefined && { wsApiUrl: urls.binanceWsApi }),
    clock,
    timer,
    requestTimeoutMs: isSandbox ? SANDBOX_TIMEOUT_MS : exchange.requestTimeoutS * 1000,
    recvWindowMs: exchange.recvWindowMs,
    ...(isSandbox ? { weightPauseMs: 0, worldSpeed: clock.speed } : {}),
  });
  if (mode === 'live') {
    await refuseOtherAccount(broker, parts.liveAccount);
    await refuseWithdrawal(broker, exchange.allowWithdrawalKey);
  }
  const { perpetual } = broker;
  await perpetual?.prepare(strategy.symbol, futures.leverage);
  let liquidation: Liquidation | undefined;
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
        market = await broker.market(strategy.symbol);
        await settleOpenOrders(engine, settling);
        const { foreignOrders, unknownOrders } = exchange;
        const { symbol } = strategy;
        const { unexplained } = await reconcile(engine, { symbol, mode, foreignOrders, unknownOrders });
        const position = await perpetual?.position(symbol);
        liquidation = position?.liquidationPriceUsd
          ? { quantityEth: position.quantityEth, priceUsd: position.liquidationPriceUsd }
          : undefined;
        const [first] = unexplained;
        if (!first) return { kind: 'ready' };
        return { kind: 'halt', why: `${first.kind} ${first.subject}: journal ${first.journal}, exchange ${first.venue}` };
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        return { kind: 'exchange_down', why: error.message };
      }
    },
  };
}

/** @throws ConfigError `futures.not_in_sandbox`, `futures.venue` */
function refuseWhereNoPerpetuals(venue: Venue, mode: 'sandbox' | 'live'): void {
  if (mode === 'sandbox') {
    throw new ConfigError('futures.not_in_sandbox', "the sandbox's exchange has no perpetuals", {
      hint: 'Try shorts on paper, with `ets demo` or `ets backtest`, or set futures.enabled to false.',
    });
  }
  if (venue === 'binance') return;
  throw new ConfigError('futures.venue', `no perpetuals are traded at ${venue}`, {
    hint: 'Set exchange.venue to binance, or futures.enabled to false.',
    details: { venue },
  });
}

/** Orders go to one host; account number and rights of the key are asked of the spot host. */
const perpetualHosts = ({ binanceUsdm, binance }: AppParts['urls']) => ({
  ...(binanceUsdm !== undefined && { baseUrl: binanceUsdm }),
  ...(binance !== undefined && { accountUrl: binance }),
});

/** Real money moves only in the account that the user named. */
async function refuseOtherAccount(broker: CcxtBroker, confirmed: string | undefined): Promise<void> {
  const account = await broker.accountId();
  if (account !== undefined && account === confirmed) return;
  throw new ConfigError('trade.live_other_account', `the key is not one of account ${confirmed}`, {
    hint: 'Compare the number with the one that the exchange shows for your account.',
  });
}

/** A key that can send money away is not needed to trade, and the worst to lose. */
async function refuseWithdrawal(broker: CcxtBroker, isAllowed: boolean): Promise<void> {
  const permission = await broker.withdrawalPermission();
  if (permission === 'no' || isAllowed) return;
  throw new ConfigError(
    'exchange.key_may_withdraw',
    permission === 'yes'
      ? 'the exchange key may withdraw money'
      : 'the exchange does not tell whether the key may withdraw money',
    { hint: 'Make a key that may only trade, or set exchange.allowWithdrawalKey.' },
  );
}
