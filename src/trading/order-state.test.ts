import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assertTransition, isAtVenue, isTerminal, ORDER_STATES, ORDER_TRANSITIONS } from './order-state.ts';

describe('order states', () => {
  it('allows exactly the steps of the table', () => {
    for (const from of ORDER_STATES) {
      for (const to of ORDER_STATES) {
        const step = () => assertTransition('id', from, to);
        if (ORDER_TRANSITIONS[from].includes(to)) expect(step).not.toThrow();
        else
          expect(step).toThrow(
            expect.objectContaining({
              code: 'order.illegal_transition',
              message: `order id cannot go from ${from} to ${to}`,
              details: { clientOrderId: 'id', from, to },
              hint: 'Trading stops here. Compare `ets journal` with the orders at the exchange.',
            }),
          );
      }
    }
  });

  it('are drawn in docs/trading-safety.md as they are', () => {
    const text = readFileSync(new URL('../../docs/trading-safety.md', import.meta.url), 'utf8');
    const drawn = [...text.matchAll(/^ {2}([A-Z_]+) --> ([A-Z_]+)$/gm)].map(([, from, to]) => `${from} ${to}`);
    const steps = ORDER_STATES.flatMap((from) => ORDER_TRANSITIONS[from].map((to) => `${from} ${to}`));
    expect(drawn.sort()).toEqual(steps.sort());
  });

  it('reaches every state from PLANNED', () => {
    const reached = new Set<string>(['PLANNED']);
    for (let before = 0; before < reached.size; ) {
      before = reached.size;
      for (const state of ORDER_STATES) if (reached.has(state)) for (const next of ORDER_TRANSITIONS[state]) reached.add(next);
    }
    expect([...reached].sort()).toEqual([...ORDER_STATES].sort());
  });

  it('ends an order that was sent only by what an exchange can say', () => {
    const ends = ORDER_STATES.filter(isTerminal);
    expect(ends).toEqual(['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'NOT_SENT', 'NOT_FOUND']);
    for (const from of ORDER_STATES.filter(isAtVenue)) expect(ORDER_TRANSITIONS[from]).not.toContain('NOT_SENT');
    expect(ORDER_STATES.filter((from) => ORDER_TRANSITIONS[from].includes('NOT_FOUND'))).toEqual(['UNKNOWN']);
    expect(isAtVenue('PLANNED')).toBe(false);
  });
});
