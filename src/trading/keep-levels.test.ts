import { describe, expect, it } from 'vitest';
import { DESK_START, openDesk, orderOf } from './engine-desk.contract.ts';

const buy = orderOf('b', 'buy');
const { clientOrderId } = buy;

describe('levels of a position', () => {
  it('are written where something was executed, and not again where they are right', async () => {
    const { engine, venue, records } = await openDesk({ protection: { stopLoss: 0.1 } });
    venue.sending = 'rest';
    await engine.execute([buy]);
    const types = async () => (await records()).map(({ type }) => type);
    expect(await types()).not.toContain('protection');
    venue.fillRest();
    await engine.refresh();
    expect((await records()).at(-1)).toEqual({
      type: 'protection',
      atMs: DESK_START,
      protection: { stopPriceUsd: '1800', takeProfitPriceUsd: null, trailingFraction: null, highestPriceUsd: null },
    });
    const before = await types();
    await engine.recover();
    expect(await types()).toEqual(before);
  });

  it('are written where the report of an execution ends the order too', async () => {
    const { engine, venue } = await openDesk({ protection: { stopLoss: 0.1 } });
    venue.sending = 'lagging';
    await engine.execute([buy]);
    expect(await engine.cancel(clientOrderId)).toMatchObject({ state: 'CANCELLING', filledQuantity: '0' });
    expect(engine.ledger.position.protection).toBeNull();
    expect(await engine.refresh()).toMatchObject([{ state: 'CANCELLED', filledQuantity: '0.5' }]);
    expect(engine.ledger.position.protection).toMatchObject({ stopPriceUsd: '1800' });
  });

  it('are not written where the report has no execution', async () => {
    const { engine, venue } = await openDesk({ protection: { stopLoss: 0.1 } });
    await engine.execute([buy]);
    await engine.recordProtection(null);
    venue.sending = 'rest';
    expect(await engine.execute([orderOf('c', 'buy')])).toMatchObject([{ state: 'ACCEPTED' }]);
    expect(engine.ledger.position.protection).toBeNull();
  });

  it('are for Ether that was given, not for money', async () => {
    const { engine, records } = await openDesk({ protection: { stopLoss: 0.1 } });
    await engine.execute([buy]);
    await engine.recordProtection(null);
    await engine.recordTransfer({ asset: 'USDT', amount: '5', valueUsd: '5', reason: 'by hand' });
    expect(engine.ledger.position.protection).toBeNull();
    await engine.recordTransfer({ asset: 'ETH', amount: '1', valueUsd: '3000', reason: 'by hand' });
    expect(engine.ledger.position.protection).toMatchObject({ stopPriceUsd: '2250' });
    expect((await records()).slice(-3).map(({ type }) => type)).toEqual(['transfer', 'transfer', 'protection']);
  });
});
