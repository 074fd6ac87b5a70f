import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { exchangeConnection } from './exchange-connection.ts';

const LOOPBACK = { binance: 'http://127.0.0.1:1', binanceWsApi: 'ws://127.0.0.1:2' };
const connect = (mode: 'sandbox' | 'live', urls: object = LOOPBACK, ...overrides: string[]) =>
  exchangeConnection(loadConfig({ env: {}, overrides }), urls, mode);

describe('exchangeConnection', () => {
  it('goes to the configured venue, and to replaced hosts where that is Binance', () => {
    expect(connect('live', {})).toEqual({ venue: 'binance' });
    expect(connect('live')).toEqual({ venue: 'binance', baseUrl: LOOPBACK.binance, wsApiUrl: LOOPBACK.binanceWsApi });
    expect(connect('live', LOOPBACK, 'exchange.venue=kraken')).toEqual({ venue: 'kraken' });
    expect(connect('live', LOOPBACK, 'exchange.userStream=false')).toEqual({ venue: 'binance', baseUrl: LOOPBACK.binance });
  });

  it('stays in the sandbox, which speaks as Binance, whatever is configured', () => {
    const sandbox = { venue: 'binance', baseUrl: LOOPBACK.binance, wsApiUrl: LOOPBACK.binanceWsApi };
    expect(connect('sandbox', LOOPBACK, 'exchange.venue=kraken')).toEqual(sandbox);
    expect(connect('sandbox', LOOPBACK, 'exchange.testnet=true')).toEqual(sandbox);
  });

  it('goes to the testnet and nowhere else where that is asked for', () => {
    expect(connect('live', LOOPBACK, 'exchange.testnet=true')).toEqual({
      venue: 'binance',
      baseUrl: 'https://testnet.binance.vision',
      wsApiUrl: 'wss://ws-api.testnet.binance.vision',
    });
    expect(() => connect('live', {}, 'exchange.testnet=true', 'exchange.venue=kraken')).toThrow(
      expect.objectContaining({ code: 'exchange.no_testnet' }),
    );
  });

  it('goes to the host of perpetuals for orders and to the one of spot for the account, where they are traded', () => {
    const hosts = { ...LOOPBACK, binanceUsdm: 'http://127.0.0.1:3' };
    const perpetuals = { venue: 'binance_usdm', baseUrl: hosts.binanceUsdm, accountUrl: hosts.binance };
    expect(connect('live', hosts, 'futures.enabled=true')).toEqual(perpetuals);
    expect(connect('live', {}, 'futures.enabled=true')).toEqual({ venue: 'binance_usdm' });
  });

  it.each([
    ['sandbox', [], 'futures.not_in_sandbox'],
    ['live', ['exchange.venue=kraken'], 'futures.venue'],
    ['live', ['exchange.testnet=true'], 'exchange.no_testnet'],
  ] as const)('refuses perpetuals where there are none: %s %o', (mode, overrides, code) => {
    expect(() => connect(mode, LOOPBACK, 'futures.enabled=true', ...overrides)).toThrow(expect.objectContaining({ code }));
  });
});
