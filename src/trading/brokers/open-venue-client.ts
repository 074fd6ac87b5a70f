import { BinanceClient } from './binance-client.ts';
import { BinanceUsdmClient } from './binance-usdm-client.ts';
import { CoinbaseClient } from './coinbase-client.ts';
import { KrakenClient } from './kraken-client.ts';
import type { VenueClient } from './venue-client.ts';
import type { Venue, VenueClientOptions } from './venues.ts';

const CLIENTS = {
  binance: BinanceClient,
  kraken: KrakenClient,
  coinbase: CoinbaseClient,
  binance_usdm: BinanceUsdmClient,
} as const;

/** The client of a venue; nothing is sent yet. @throws ConfigError `exchange.not_available` */
export const openVenueClient = (venue: Venue, options: VenueClientOptions): Promise<VenueClient> => CLIENTS[venue].open(options);
