import { MINUTE_MS } from '../../domain/index.ts';
import { type Ledger, protectedAt, refusedPairs } from '../../trading/index.ts';

/** Process time without a price after which nobody watches a position whose stop does not rest at the exchange. */
const UNWATCHED_MS = 5 * MINUTE_MS;

/**
 * Why a position is not protected as it should be: its stop neither rests at the exchange nor can be watched, or the
 * exchange refused pair after pair. Undefined where all is well.
 * @param pricelessMs process time since the last price
 */
export function whyUnprotected(
  ledger: Ledger,
  { pricelessMs, emergencyExitAfter }: { readonly pricelessMs: number; readonly emergencyExitAfter: number },
): string | undefined {
  if (protectedAt(ledger) !== 'here') return undefined;
  if (pricelessMs >= UNWATCHED_MS)
    return 'its stop does not rest at the exchange, and there has been no price to watch for minutes';
  const refused = refusedPairs(ledger);
  return refused >= emergencyExitAfter ? `the exchange refused ${refused} pairs of stop and target` : undefined;
}
