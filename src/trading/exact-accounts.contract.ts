import { createRng, type Money, money, ZERO } from '../domain/index.ts';
import { Ledger } from './ledger.ts';
import { makeIntent } from './plan-trade.ts';
import { UNFILTERED } from './symbol-filters.ts';

const FEE_ASSETS = ['USDT', 'ETH', 'BNB'] as const;

/**
 * Books random executions, fees in three assets, and keeps the same accounts beside it as whole numbers of the smallest
 * unit. @returns what differs in the end; nothing where every unit is accounted for
 */
export function bookRandomFills(count: number, seed: number): string[] {
  const rng = createRng(seed);
  const whole = (below: number) => Math.floor(rng() * below);
  const ledger = new Ledger();
  // Quantities have 8 decimals, prices 2, notionals 10, fees 12: in units of 1e-12 everything is whole.
  const units: Record<string, bigint> = { USDT: 0n, ETH: 0n, BNB: 0n };
  const give = (asset: string, amount: string) => {
    ledger.apply({ type: 'transfer', atMs: 0, asset, amount, valueUsd: '0', reason: 'test' });
    units[asset] = unitsOf(money(amount));
  };
  give('USDT', '1000000000000');
  give('ETH', '100000000');
  give('BNB', '100000000');
  let feesUsd = ZERO;
  for (let i = 0; i < count; i++) {
    const side = rng() < 0.5 ? 'buy' : 'sell';
    const quantity = BigInt(1 + whole(1e9));
    const price = BigInt(1 + whole(1e6));
    const fee = BigInt(whole(1e9));
    const feeAsset = FEE_ASSETS[whole(FEE_ASSETS.length)]!;
    const feeUsd = decimal(fee, 12);
    const intent = makeIntent({
      decisionId: `d${i}`,
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      quantity: money(decimal(quantity, 8)),
      priceUsd: money(decimal(price, 2)),
      filters: UNFILTERED,
      nowMs: i,
      validUntilMs: i,
      reason: 'test',
      modelId: null,
    });
    const { clientOrderId } = intent;
    ledger.apply({ type: 'order_planned', atMs: i, intent });
    ledger.apply({ type: 'order_submitting', atMs: i, clientOrderId, sendBeforeMs: i });
    ledger.apply({
      type: 'fill',
      atMs: i,
      fill: {
        tradeId: String(i),
        clientOrderId,
        side,
        quantity: decimal(quantity, 8),
        priceUsd: decimal(price, 2),
        feeAmount: decimal(fee, 12),
        feeAsset,
        feeUsd,
        executedAtMs: i,
      },
    });
    ledger.orders.delete(clientOrderId);
    const sign = side === 'buy' ? 1n : -1n;
    units.ETH! += sign * quantity * 10_000n;
    units.USDT! -= sign * quantity * price * 100n;
    units[feeAsset]! -= fee;
    feesUsd = feesUsd.plus(feeUsd);
  }
  const differences = Object.entries(units).flatMap(([asset, expected]) => {
    const booked = unitsOf(ledger.balance(asset));
    return booked === expected ? [] : [`${asset}: booked ${booked}, expected ${expected} of 1e-12`];
  });
  return ledger.feesUsd.eq(feesUsd) ? differences : [...differences, `fees: ${ledger.feesUsd.toFixed()} of ${feesUsd.toFixed()}`];
}

/**
 * Books random executions on a perpetual that goes long, short and across zero, with fees and funding, and keeps the same
 * accounts beside it as whole numbers. @returns what differs; nothing where every unit is accounted for, also by trade
 */
export function bookRandomPerpetual(count: number, seed: number): string[] {
  const rng = createRng(seed);
  const whole = (below: number) => Math.floor(rng() * below);
  const ledger = new Ledger();
  const capital = money('1000000000000');
  ledger.apply({
    type: 'transfer',
    atMs: 0,
    asset: 'USDT',
    amount: capital.toFixed(),
    valueUsd: capital.toFixed(),
    reason: 'test',
  });
  let cash = unitsOf(capital);
  let position = 0n;
  let fees = 0n;
  let funding = 0n;
  for (let i = 1; i <= count; i++) {
    if (rng() < 0.2) {
      const amount = BigInt(whole(2e9) - 1e9);
      const text = amount < 0n ? `-${decimal(-amount, 12)}` : decimal(amount, 12);
      // Told twice, as by two looks at the venue.
      for (let told = 0; told < 2; told++)
        ledger.apply({ type: 'funding', atMs: i, fundingId: `f${i}`, asset: 'USDT', amount: text, paidAtMs: i });
      cash += amount;
      // Due while nothing was open: in the accounts, in no trade.
      if (position !== 0n) funding += amount;
    }
    const side = rng() < 0.5 ? 'buy' : 'sell';
    const quantity = BigInt(1 + whole(1e9));
    const price = BigInt(1 + whole(1e6));
    const fee = BigInt(whole(1e9));
    const intent = makeIntent({
      decisionId: `d${i}`,
      leg: 'entry',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      reduceOnly: false,
      quantity: money(decimal(quantity, 8)),
      priceUsd: money(decimal(price, 2)),
      filters: UNFILTERED,
      nowMs: i,
      validUntilMs: i,
      reason: 'test',
      modelId: null,
    });
    const { clientOrderId } = intent;
    ledger.apply({ type: 'order_planned', atMs: i, intent });
    ledger.apply({ type: 'order_submitting', atMs: i, clientOrderId, sendBeforeMs: i });
    const feeAmount = decimal(fee, 12);
    const common = { tradeId: String(i), clientOrderId, side, feeAmount, feeAsset: 'USDT', feeUsd: feeAmount } as const;
    const fill = { ...common, quantity: decimal(quantity, 8), priceUsd: decimal(price, 2), executedAtMs: i };
    ledger.apply({ type: 'fill', atMs: i, fill });
    ledger.orders.delete(clientOrderId);
    const sign = side === 'buy' ? 1n : -1n;
    position += sign * quantity * 10_000n;
    cash -= sign * quantity * price * 100n + fee;
    fees += fee;
  }
  const trades = [...ledger.closedTrades, ...(ledger.openTrade ? [ledger.openTrade] : [])];
  const sum = (pick: (trade: (typeof trades)[number]) => string) =>
    unitsOf(trades.reduce((total, trade) => total.plus(pick(trade)), ZERO));
  const expected: [what: string, booked: bigint, truth: bigint][] = [
    ['ETH', unitsOf(ledger.balance('ETH')), position],
    ['position', unitsOf(ledger.position.quantityEth), position],
    ['USDT', unitsOf(ledger.cashUsd), cash],
    ['fees', unitsOf(ledger.feesUsd), fees],
    ['fees of trades', sum(({ feesUsd }) => feesUsd), fees],
    ['funding of trades', sum(({ fundingUsd }) => fundingUsd ?? '0'), funding],
    ['position of trades', sum(({ boughtEth }) => boughtEth) - sum(({ soldEth }) => soldEth), position],
    ['closed trades', unitsOf(ledger.closedTrades.reduce((left, t) => left.plus(t.boughtEth).minus(t.soldEth), ZERO)), 0n],
  ];
  return expected.flatMap(([what, booked, truth]) => (booked === truth ? [] : [`${what}: booked ${booked}, expected ${truth}`]));
}

const unitsOf = (amount: Money): bigint => BigInt(amount.times('1000000000000').toFixed());

function decimal(whole: bigint, decimals: number): string {
  const text = whole.toString().padStart(decimals + 1, '0');
  return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}
