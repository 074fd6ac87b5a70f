import { HOUR_MS } from '../../domain/index.ts';
import type { Ledger } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';

/**
 * The last comparison with the exchange, where somebody has been told of it. One that is younger than the time in which
 * nothing is told twice may be of a process that was killed before it told anybody: null, so that it is told again, and goes
 * out where it has not.
 */
export function toldBefore(
  { clock, config }: Pick<AppParts, 'clock' | 'config'>,
  { lastReconciliation: last }: Pick<Ledger, 'lastReconciliation'>,
): Ledger['lastReconciliation'] {
  const repeatMs = config.notifications.repeatAfterHours * HOUR_MS;
  return last !== null && Math.abs(clock.nowMs() - last.atMs) < repeatMs ? null : last;
}
