import type { TimeMs } from '../../domain/index.ts';
import type { BrokerCapabilities } from '../broker.ts';

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
}

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
  binance: { ...COMMON, placesOco: true, hasTestnet: true },
  /** `cl_ord_id` takes 18 characters of free text; it is unique among open orders only. */
  kraken: { ...COMMON, clientOrderIdLength: 18 },
  /** A repeated `client_order_id` answers with the order that it named first. */
  coinbase: COMMON,
  /** Linear perpetuals: one-way mode, isolated margin. No pairs: stop and target are watched here. */
  binance_usdm: { ...COMMON, hasTestnet: true },
};

/** Values of `exchange.venue` to which real money may go: there more than loopback servers of our own can prove the adapter. */
export const LIVE_VENUES: readonly Venue[] = ['binance'];
