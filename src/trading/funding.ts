import { HOUR_MS, type Money, money, type TimeMs } from '../domain/index.ts';
import type { FundingPayment } from './broker.ts';
import type { Ledger } from './ledger.ts';

/** Perpetuals settle funding at 00:00, 08:00 and 16:00 UTC. */
const FUNDING_EVERY_MS = 8 * HOUR_MS;
const USD_DECIMALS = 8;
const BPS = money('0.0001');
/** Payments are asked for again so far back: one may be told after a later one. */
const OVERLAP_MS = 24 * HOUR_MS;

/** From when on a venue is asked for payments; undefined while nothing was ever ordered. */
export function fundingSince(ledger: Ledger): TimeMs | undefined {
  const [first] = ledger.orders.values();
  if (first === undefined) return undefined;
  const { plannedAtMs } = first.intent;
  return ledger.lastFundingMs === null ? plannedAtMs : Math.max(plannedAtMs, ledger.lastFundingMs - OVERLAP_MS);
}

/** The times up to `untilMs`, it included, at which the open position of a simulated account owes or gets funding. */
export function fundingTimesDue({ openTrade, lastFundingMs }: Ledger, untilMs: TimeMs): TimeMs[] {
  if (openTrade === null) return [];
  const fromMs = Math.max(openTrade.entryTimeMs, lastFundingMs ?? 0);
  const times: TimeMs[] = [];
  for (let at = (Math.floor(fromMs / FUNDING_EVERY_MS) + 1) * FUNDING_EVERY_MS; at <= untilMs; at += FUNDING_EVERY_MS)
    times.push(at);
  return times;
}

/** What a simulated account gets at one of them: a long position pays `bpsPer8h` of its notional, a short one receives it. */
export const simulatedFunding = (ledger: Ledger, priceUsd: Money, bpsPer8h: number, paidAtMs: TimeMs): FundingPayment => ({
  fundingId: `paper-${paidAtMs}`,
  asset: ledger.quoteAsset,
  amount: ledger.position.quantityEth.times(priceUsd).times(BPS).times(-bpsPer8h).round(USD_DECIMALS).toFixed(),
  paidAtMs,
});
