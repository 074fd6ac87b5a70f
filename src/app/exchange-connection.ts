import type { Config } from '../config/index.ts';
import { ConfigError } from '../domain/index.ts';
import type { SourceUrls } from '../extraction/index.ts';
import { type CcxtBrokerOptions, VENUE_TESTNETS, type Venue } from '../trading/index.ts';

type Connection = Pick<CcxtBrokerOptions, 'venue' | 'baseUrl' | 'accountUrl' | 'wsApiUrl'>;
type Urls = Pick<SourceUrls, 'binance' | 'binanceUsdm' | 'binanceWsApi'>;

/**
 * Which exchange orders go to, and under which addresses: the sandbox speaks as Binance, whatever venue is configured;
 * `sources.binance` stands for Binance's host and for no other's. Orders for perpetuals go to a host of their own.
 * @throws ConfigError `exchange.no_testnet`, `futures.not_in_sandbox`, `futures.venue`
 */
export function exchangeConnection(
  { exchange, futures }: Pick<Config, 'exchange'> & { readonly futures: Pick<Config['futures'], 'enabled'> },
  urls: Urls,
  mode: 'sandbox' | 'live',
): Connection {
  if (futures.enabled) return perpetualConnection(exchange, urls, mode);
  const venue = mode === 'sandbox' ? 'binance' : exchange.venue;
  const stream = (url: string | undefined) => exchange.userStream && url !== undefined && { wsApiUrl: url };
  if (mode === 'live' && exchange.testnet) {
    const testnet = VENUE_TESTNETS[venue];
    if (testnet !== undefined) return { venue, baseUrl: testnet.rest, ...stream(testnet.wsApi) };
    throw noTestnet(venue, 'Set exchange.testnet to false, or exchange.venue to binance.');
  }
  if (venue !== 'binance') return { venue };
  return { venue, ...(urls.binance !== undefined && { baseUrl: urls.binance }), ...stream(urls.binanceWsApi) };
}

/** Account number and rights of the key are asked of the spot host. There is no private stream. */
function perpetualConnection(
  { venue, testnet }: Pick<Config['exchange'], 'venue' | 'testnet'>,
  { binance, binanceUsdm }: Urls,
  mode: 'sandbox' | 'live',
): Connection {
  if (mode === 'sandbox') {
    throw new ConfigError('futures.not_in_sandbox', "the sandbox's exchange has no perpetuals", {
      hint: 'Try shorts on paper, with `ets demo` or `ets backtest`, or set futures.enabled to false.',
    });
  }
  if (venue !== 'binance') {
    throw new ConfigError('futures.venue', `no perpetuals are traded at ${venue}`, {
      hint: 'Set exchange.venue to binance, or futures.enabled to false.',
      details: { venue },
    });
  }
  if (testnet) throw noTestnet('binance_usdm', 'Set exchange.testnet to false, or futures.enabled to false.');
  return {
    venue: 'binance_usdm',
    ...(binanceUsdm !== undefined && { baseUrl: binanceUsdm }),
    ...(binance !== undefined && { accountUrl: binance }),
  };
}

const noTestnet = (venue: Venue, hint: string): ConfigError =>
  new ConfigError('exchange.no_testnet', `${venue} has no testnet that is used here`, { details: { venue }, hint });
