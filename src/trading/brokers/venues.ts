import type { TimeMs } from '../../domain/index.ts';
import type { BrokerCapabilities } from '../broker.ts';
import type { HostBudget } from './host-budgets.ts';

export const VENUES = ['binance', 'kraken', 'coinbase', 'binance_usdm'] as const;
export type Venue = (typeof VENUES)[number];

/** What every client of a venue is made with. */
export interface VenueClientOptions {
  readonly apiKey: string;
  readonly secret: string;
  /** Stands for every host of the exchange; the real ones when absent. */
  readonly baseUrl?: string;
  /** Stands for the host that knows account and key, where it is another one. */
  readonly accountUrl?: string;
  /** Our clock, corrected by how far the venue's is from it. */
  readonly venueNowMs: () => TimeMs;
  readonly requestTimeoutMs: number;
  /** How long after its timestamp the venue may accept a request, where it takes such a limit. */
  readonly recvWindowMs: number;
  /** Pause per unit of request weight; the venue's own where absent, 0 for a simulated one. */
  readonly weightPauseMs?: number;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  /** What the venue's host grants this process. */
  readonly budget: HostBudget;
  /** The same of the host that knows account and key. */
  readonly accountBudget: HostBudget;
}

/** Where each venue is asked. */
export const VENUE_URLS: Readonly<Record<Venue, string>> = {
  binance: 'https://api.binance.com',
  kraken: 'https://api.kraken.com',
  coinbase: 'https://api.coinbase.com',
  binance_usdm: 'https://fapi.binance.com',
};

/** Venues whose account and keys another one knows. */
export const ACCOUNT_VENUES: Readonly<Partial<Record<Venue, Venue>>> = { binance_usdm: 'binance' };

/** Exchanges of the same kind without real money, where a venue has one that is used here. That of perpetuals is not: its keys have no spot host that tells whose they are. */
export const VENUE_TESTNETS: Readonly<Partial<Record<Venue, { readonly rest: string; readonly wsApi: string }>>> = {
  binance: { rest: 'https://testnet.binance.vision', wsApi: 'wss://ws-api.testnet.binance.vision' },
};

type VenueCapabilities = Omit<BrokerCapabilities, 'acceptanceWindowMs'>;

const COMMON = {
  orderTypes: ['market', 'limit'],
  setsClientOrderId: true,
  looksUpByClientOrderId: true,
  clientOrderIdLength: 36,
  placesStops: false,
  placesOco: false,
  hasTestnet: false,
  hasPrivateStream: false,
} as const;

/** What the adapter uses of each venue; the broker's contract suite proves every claim. */
export const VENUE_CAPABILITIES: Readonly<Record<Venue, VenueCapabilities>> = {
  /**
   * `placesStops` stays false although the venue takes a single STOP_LOSS: the order path knows resting protection as pairs
   * alone (their list is what is kept in step, withdrawn and reserved), so `submit` refuses a stop that is in none.
   */
  binance: { ...COMMON, placesOco: true, hasTestnet: VENUE_TESTNETS.binance !== undefined },
  /** `cl_ord_id` takes 18 characters of free text; it is unique among open orders only. */
  kraken: { ...COMMON, clientOrderIdLength: 18 },
  /** A repeated `client_order_id` answers with the order that it named first. */
  coinbase: COMMON,
  /** Linear perpetuals: one-way mode, isolated margin. No pairs: stop and target are watched here. */
  binance_usdm: COMMON,
};

/** Values of `exchange.venue` to which real money may go: there more than loopback servers of our own has proven the adapter, or can. */
export const LIVE_VENUES: readonly Venue[] = ['binance'];

/** Why no real money goes to a venue; undefined where it may. What is never found again cannot be traded. */
export function whyNotLive(
  venue: Venue,
  capabilities: Pick<BrokerCapabilities, 'setsClientOrderId' | 'looksUpByClientOrderId'> = VENUE_CAPABILITIES[venue],
): string | undefined {
  if (!capabilities.setsClientOrderId) return `${venue} does not take an order id of ours`;
  if (!capabilities.looksUpByClientOrderId) return `${venue} does not find an order by our id`;
  return LIVE_VENUES.includes(venue) ? undefined : `no real money goes to ${venue} yet`;
}
