import { AppError, InvariantError, type Money } from '../domain/index.ts';
import type { CycleParts } from './cycle-types.ts';

/** The last stored close, else what was paid for what is held. Undefined where neither is known. */
export async function lastKnownPrice({ market, model, engine, clock }: CycleParts): Promise<Money | undefined> {
  const nowMs = clock.nowMs();
  const close = await orUnknown(async () => {
    const view = await market.view(nowMs);
    return view.lastClose(model()?.canonical ?? view.canonicalFor(nowMs).series, nowMs);
  });
  if (close?.gt(0)) return close;
  const { quantityEth, costUsd } = engine.ledger.position;
  return quantityEth.times(costUsd).gt(0) ? costUsd.div(quantityEth).round(8) : undefined;
}

/** What is asked for, or nothing where whoever is asked fails. @throws InvariantError */
export async function orUnknown<Value>(ask: () => Promise<Value | undefined>): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AppError && !(error instanceof InvariantError)) return undefined;
    throw error;
  }
}
