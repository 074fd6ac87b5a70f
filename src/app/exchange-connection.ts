import type { Config } from '../config/index.ts';
import { ConfigError } from '../domain/index.ts';
import type { SourceUrls } from '../extraction/index.ts';
import { type CcxtBrokerOptions, VENUE_TESTNETS } from '../trading/index.ts';

/**
 * Which exchange orders go to, and under which addresses: the sandbox speaks as Binance, whatever venue is configured;
 * `sources.binance` stands for Binance's host and for no other's.
 * @throws ConfigError `exchange.no_testnet`
 */
export function exchangeConnection(
  { exchange }: Pick<Config, 'exchange'>,
  urls: Pick<SourceUrls, 'binance' | 'binanceWsApi'>,
  mode: 'sandbox' | 'live',
): Pick<CcxtBrokerOptions, 'venue' | 'baseUrl' | 'wsApiUrl'> {
  const venue = mode === 'sandbox' ? 'binance' : exchange.venue;
  const stream = (url: string | undefined) => exchange.userStream && url !== undefined && { wsApiUrl: url };
  if (mode === 'live' && exchange.testnet) {
    const testnet = VENUE_TESTNETS[venue];
    if (testnet !== undefined) return { venue, baseUrl: testnet.rest, ...stream(testnet.wsApi) };
    throw new ConfigError('exchange.no_testnet', `${venue} has no testnet that is used here`, {
      details: { venue },
      hint: 'Set exchange.testnet to false, or exchange.venue to binance.',
    });
  }
  if (venue !== 'binance') return { venue };
  return { venue, ...(urls.binance !== undefined && { baseUrl: urls.binance }), ...stream(urls.binanceWsApi) };
}
