import { describe, expect, it } from 'vitest';
import { ManualTimer } from '../trading-desk.fixture.ts';
import { WatchLoop } from './watch-loop.ts';

const turns = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function loopOf(
  isStill: boolean,
  over: Partial<Record<'lookForRequests' | 'lookAtPrice' | 'lookAtOrders', () => Promise<void>>> = {},
) {
  const timer = new ManualTimer();
  const looks: string[] = [];
  const note = (what: string) => async () => void looks.push(what);
  const watch = { lookForRequests: note('requests'), lookAtPrice: note('price'), lookAtOrders: note('orders'), ...over };
  const loop = new WatchLoop({ timer }, watch, isStill);
  loop.start();
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await turns();
      timer.pass(1_000);
      await turns();
    }
  };
  return { loop, looks, pass };
}
const count = (looks: readonly string[], what: string) => looks.filter((one) => one === what).length;

describe('WatchLoop', () => {
  it('minds requests every second, price and orders every five', async () => {
    const { loop, looks, pass } = loopOf(false);
    await pass(20);
    expect(['requests', 'price', 'orders'].map((what) => count(looks, what))).toEqual([21, 4, 4]);
    await loop.close();
    const before = looks.length;
    await pass(10);
    expect(looks).toHaveLength(before);
  });

  it('minds requests alone in a world that stands still', async () => {
    const { loop, looks, pass } = loopOf(true);
    await pass(10);
    expect(new Set(looks)).toEqual(new Set(['requests']));
    await loop.close();
  });

  it('looks at the price while a look at the orders waits for the exchange', async () => {
    let answer = (): void => undefined;
    const lookAtOrders = () =>
      new Promise<void>((done) => {
        answer = done;
      });
    const { loop, looks, pass } = loopOf(false, { lookAtOrders });
    await pass(30);
    expect(count(looks, 'price')).toBe(6);
    answer();
    await loop.close();
  });

  it.each(['lookForRequests', 'lookAtPrice', 'lookAtOrders'] as const)('ends by a defect in %s, and says so', async (where) => {
    const { loop, pass } = loopOf(false, {
      [where]: async () => {
        throw new TypeError('a defect');
      },
    });
    expect(() => loop.throwIfFailed()).not.toThrow();
    await pass(6);
    expect(() => loop.throwIfFailed()).toThrow('a defect');
    await loop.close();
  });
});
