import { describe, expect, it } from 'vitest';
import { LIVE_VENUES, VENUE_CAPABILITIES, VENUE_TESTNETS, VENUES, whyNotLive } from './venues.ts';

describe('whyNotLive', () => {
  it('lets real money go to the venues that are proven for it, and says why not to the others', () => {
    expect(VENUES.filter((venue) => whyNotLive(venue) === undefined)).toEqual(LIVE_VENUES);
    expect(whyNotLive('kraken')).toBe('no real money goes to kraken yet');
  });

  it.each([
    [{ setsClientOrderId: false, looksUpByClientOrderId: true }, 'binance does not take an order id of ours'],
    [{ setsClientOrderId: true, looksUpByClientOrderId: false }, 'binance does not find an order by our id'],
  ])('refuses a venue of which an order might be lost: %o', (capabilities, why) => {
    expect(whyNotLive('binance', capabilities)).toBe(why);
  });

  it('agrees with the record on which venues have a testnet', () => {
    for (const venue of VENUES) expect(VENUE_CAPABILITIES[venue].hasTestnet).toBe(VENUE_TESTNETS[venue] !== undefined);
  });
});
