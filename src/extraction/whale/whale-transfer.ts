import { HOUR_MS, PUBLICATION, type RowBatch, type TimeMs } from '../../domain/index.ts';

export type WhaleFlow = 'inflow' | 'outflow' | 'wallet' | 'exchange' | 'mint' | 'burn';

/** One large transfer of Ether, wrapped or staked Ether, or of a stablecoin. */
export interface WhaleTransfer {
  readonly timeMs: TimeMs;
  /** Tells transfers apart, also several of one transaction. */
  readonly id: string;
  readonly symbol: string;
  readonly amountEth: number;
  /** At the price of that time; NaN where it is not known. */
  readonly amountUsd: number;
  readonly fromOwner: string | null;
  readonly toOwner: string | null;
  /** Seen from exchanges; null where it cannot be told without knowledge from later. */
  readonly flow: WhaleFlow | null;
  /** A label tells who an address is that nobody had at that time: using it would be knowledge from later. */
  readonly isLabelLater?: boolean;
}

/** Direction of a transfer by which sides are exchanges. */
export function flowBetween(fromExchange: boolean, toExchange: boolean): WhaleFlow {
  if (fromExchange) return toExchange ? 'exchange' : 'outflow';
  return toExchange ? 'inflow' : 'wallet';
}

/** When a transfer at `timeMs` is public: its hour's end and the lag of whale data. */
const whaleAvailableMs = (timeMs: TimeMs): TimeMs =>
  PUBLICATION.whale_flow.availableMs(timeMs, Math.floor(timeMs / HOUR_MS) * HOUR_MS + HOUR_MS);

/** The last whole hour whose transfers are all public at `nowMs`. */
export const whalePublishedUntilMs = (nowMs: TimeMs): TimeMs =>
  Math.floor((nowMs - PUBLICATION.whale_flow.availableMs(0, 0)) / HOUR_MS) * HOUR_MS;

/** Transfers as rows of `series`, each id once. */
export function whaleBatch(series: string, source: string, transfers: readonly WhaleTransfer[]): RowBatch {
  const unique = [...new Map(transfers.map((transfer) => [transfer.id, transfer])).values()];
  return {
    dataset: 'whale_data',
    series,
    periodMs: 0,
    source,
    timeMs: Float64Array.from(unique, ({ timeMs }) => timeMs),
    endMs: Float64Array.from(unique, ({ timeMs }) => timeMs),
    availableTimeMs: Float64Array.from(unique, ({ timeMs }) => whaleAvailableMs(timeMs)),
    ids: unique.map(({ id }) => id),
    numbers: {
      amount_eth: Float64Array.from(unique, ({ amountEth }) => amountEth),
      amount_usd: Float64Array.from(unique, ({ amountUsd }) => amountUsd),
    },
    texts: {
      symbol: unique.map(({ symbol }) => symbol),
      from_owner: unique.map(({ fromOwner }) => fromOwner),
      to_owner: unique.map(({ toOwner }) => toOwner),
      flow: unique.map(({ flow }) => flow),
      flag: unique.map(({ isLabelLater }) => (isLabelLater ? 'label_later' : null)),
    },
  };
}
