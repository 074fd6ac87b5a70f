import { z } from 'zod';
import { count, fraction, section } from './schema-parts.ts';

/** Perpetuals instead of spot. Everything else here says nothing while `enabled` is false. */
export const futures = section({
  enabled: z.boolean().default(false).describe('Trade the ETHUSDT perpetual (Binance USDⓈ-M) instead of spot'),
  leverage: count(1, 5)
    .default(1)
    .describe('Set at the venue, with isolated margin; also the largest position as a multiple of equity'),
  allowShort: z
    .boolean()
    .default(false)
    .describe('A SELL goes short by the size that a BUY would go long, instead of closing alone'),
  minLiquidationDistance: fraction(0.01, 0.99)
    .default(0.25)
    .describe('No position whose liquidation price is nearer than this share of the price; at half of it the position is left'),
  maintenanceMarginRate: fraction(0, 0.2)
    .default(0.01)
    .describe('Share of the notional at which the venue liquidates, where it does not say; lower brackets are lower'),
  fundingBpsPer8h: fraction(-100, 100)
    .default(1)
    .describe('An assumption: what a long position pays and a short one gets every 8 hours on paper and in backtests'),
});

interface Sized {
  readonly futures: z.output<typeof futures>;
  readonly strategy: { readonly targetExposure: number; readonly sizing: { readonly maxExposure: number } };
  readonly risk: { readonly maxExposure: number };
}

/** What does not go together: shorts and leverage without perpetuals, and positions larger than the leverage. */
export function checkFutures(
  { futures: { enabled, leverage, allowShort }, strategy, risk }: Sized,
  problems: z.RefinementCtx,
): void {
  const wrong = (path: string[], message: string) => problems.addIssue({ code: 'custom', path, message });
  const needsSwitch = 'needs futures.enabled: true; spot has neither shorts nor leverage';
  if (!enabled && allowShort) wrong(['futures', 'allowShort'], needsSwitch);
  if (!enabled && leverage > 1) wrong(['futures', 'leverage'], needsSwitch);
  const largest = enabled ? leverage : 1;
  const sizes: [path: string[], size: number][] = [
    [['strategy', 'targetExposure'], strategy.targetExposure],
    [['strategy', 'sizing', 'maxExposure'], strategy.sizing.maxExposure],
    [['risk', 'maxExposure'], risk.maxExposure],
  ];
  for (const [path, size] of sizes)
    if (size > largest) wrong(path, `expected at most ${largest}; more needs futures.enabled and that futures.leverage`);
}
