import { lastAtOrBefore, ManualClock, money, type TimeMs, toNumber, toText, ZERO } from '../domain/index.ts';
import {
  BINANCE_ETHUSDT_FILTERS,
  decisionId,
  type Fill,
  MemoryJournal,
  makeIntent,
  PaperBroker,
  sizeOrder,
  TradingEngine,
  UNFILTERED,
} from '../trading/index.ts';

/** Candles as columns, ascending in open time. */
export interface CandleColumns {
  readonly timeMs: Float64Array;
  readonly open: Float64Array;
  readonly close: Float64Array;
}

/** From the close of the bar that opens at `timeMs` on, `target` of equity is wanted in Ether. */
export interface FixedSignal {
  readonly timeMs: TimeMs;
  readonly target: number;
}

export interface FixedSignalsOptions {
  readonly capitalUsd: string;
  readonly feeBps: number;
  readonly slippageBps: number;
  /** Whether quantities obey the venue's step and minimum notional. */
  readonly useFilters: boolean;
}

export interface FixedSignalsResult {
  readonly bars: number;
  /** Orders that were filled. */
  readonly trades: number;
  readonly feesUsd: string;
  readonly equity: { readonly startUsd: string; readonly endUsd: string };
  /** Equity at the close of each bar. */
  readonly equityCurve: Float64Array;
  readonly fills: readonly Fill[];
}

/**
 * Trades given targets over candles: known at the close of their bar, filled at the next bar's open, only where they
 * change. Every order goes through sizing, broker, journal and ledger as all others do; between orders the loop over
 * bars is plain arithmetic. Nothing is closed at the end; equity is marked at the last close.
 * @param signals ascending in time; a time between two opens counts for the bar it falls in
 */
export async function backtestFixedSignals(
  candles: CandleColumns,
  signals: readonly FixedSignal[],
  options: FixedSignalsOptions,
): Promise<FixedSignalsResult> {
  const { timeMs, open, close } = candles;
  const bars = timeMs.length;
  const clock = new ManualClock(bars > 0 ? timeMs[0]! : 0);
  const filters = options.useFilters ? BINANCE_ETHUSDT_FILTERS : UNFILTERED;
  const costs = { feeBps: options.feeBps, slippageBps: options.slippageBps };
  let bar = 0;
  const quotes = { quote: () => ({ priceUsd: money(open[bar]!), atMs: timeMs[bar]! }) };
  const journal = new MemoryJournal();
  const engine = await TradingEngine.open({
    journal,
    clock,
    connect: (account) => new PaperBroker({ ...costs, filters, quotes }, account),
    gate: () => [],
    capitalUsd: options.capitalUsd,
  });
  const { ledger } = engine;

  const trade = async (target: number) => {
    const priceUsd = money(open[bar]!);
    const sized = sizeOrder({
      targetExposure: target,
      cashUsd: ledger.cashUsd,
      positionEth: ledger.balance('ETH'),
      priceUsd,
      ...costs,
      filters,
    });
    if (sized.kind === 'none') return;
    const nowMs = timeMs[bar]!;
    clock.moveTo(nowMs);
    const id = decisionId({ strategy: 'fixed-signals', symbol: 'ETHUSDT', decisionTimeMs: nowMs, mode: 'backtest' });
    const leg = sized.side === 'buy' ? 'entry' : 'exit';
    await engine.execute([
      makeIntent({
        decisionId: id,
        leg,
        attempt: 1,
        symbol: 'ETHUSDT',
        mode: 'backtest',
        side: sized.side,
        quantity: sized.quantity,
        priceUsd,
        filters,
        nowMs,
        validUntilMs: nowMs,
        reason: 'signal',
        modelId: null,
      }),
    ]);
  };

  const equityCurve = new Float64Array(bars);
  let cash = toNumber(ledger.cashUsd);
  let eth = 0;
  let wanted = 0;
  const mark = (until: number) => {
    for (; bar < until; bar++) equityCurve[bar] = cash + eth * close[bar]!;
  };
  for (let i = 0; i < signals.length; i++) {
    const { timeMs: signalMs, target } = signals[i]!;
    const known = lastAtOrBefore(timeMs, signalMs);
    if (known + 1 >= bars) break;
    const isSuperseded = i + 1 < signals.length && lastAtOrBefore(timeMs, signals[i + 1]!.timeMs) === known;
    if (isSuperseded || target === wanted) continue;
    wanted = target;
    mark(known + 1);
    await trade(target);
    cash = toNumber(ledger.cashUsd);
    eth = toNumber(ledger.balance('ETH'));
  }
  mark(bars);

  const endUsd = bars > 0 ? ledger.equityUsd(money(close[bars - 1]!)) : ledger.cashUsd.plus(ZERO);
  const fills: Fill[] = [];
  for await (const { record } of journal.entries()) if (record.type === 'fill') fills.push(record.fill);
  await engine.close();
  return {
    bars,
    trades: fills.length,
    feesUsd: toText(ledger.feesUsd),
    equity: { startUsd: options.capitalUsd, endUsd: toText(endUsd) },
    equityCurve,
    fills,
  };
}
