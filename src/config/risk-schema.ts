import { z } from 'zod';
import { count, fraction, section } from './schema-parts.ts';

const hours = z.number().positive().max(8760);
const usd = z.number().positive();

/** Rules that stop new positions for a while, under the names that freqtrade gave them. */
const protection = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('CooldownPeriod'), stopHours: hours }).describe('After every closed trade'),
  z
    .strictObject({ method: z.literal('StoplossGuard'), lookbackHours: hours, tradeLimit: count(1, 1000), stopHours: hours })
    .describe('After so many stop-losses'),
  z
    .strictObject({
      method: z.literal('MaxDrawdown'),
      lookbackHours: hours,
      tradeLimit: count(1, 1000),
      stopHours: hours,
      maxAllowedDrawdown: fraction(0.001, 1),
    })
    .describe('After closed trades lost so much of equity from their peak'),
  z
    .strictObject({
      method: z.literal('LowProfitPairs'),
      lookbackHours: hours,
      tradeLimit: count(1, 1000),
      stopHours: hours,
      requiredProfit: z.number().min(-1).max(10),
    })
    .describe('After trades that returned less together'),
]);

/** What the risk engine denies or caps; a rule that is null or absent is off. */
export const risk = section({
  maxExposure: fraction(0.01, 5)
    .default(1)
    .describe('Largest share of equity in Ether, long or short; above 1 with futures.leverage alone'),
  maxPositionUsd: usd.optional().describe('Largest position'),
  maxOrderUsd: usd.optional().describe('Largest order'),
  dailyLoss: fraction(0.001, 1).nullable().default(0.2).describe('No new position after losing this share of equity in 24 hours'),
  weeklyLoss: fraction(0.001, 1).nullable().default(0.35).describe('The same in 7 days'),
  drawdown: fraction(0.001, 1).optional().describe('No new position this far below the highest equity'),
  tradesPerDay: count(1, 10_000).nullable().default(20).describe('Orders sent per day, UTC'),
  consecutiveLosses: count(1, 1000).optional().describe('No new position after so many losing trades in a row'),
  minConfidence: fraction(0, 1).optional().describe('On top of strategy.confidenceThreshold'),
  maxDataAgeHours: hours.default(72).describe('No new position on older prices'),
  maxModelAgeDays: count(1, 3650).nullable().default(365).describe('No new position with an older model'),
  maxDrift: z.enum(['ok', 'watch']).optional().describe('No new position when features or losses drifted further than this'),
  exposureAtDrift: fraction(0, 1).default(0.5).describe('Share of the wanted exposure that is kept while drift says act'),
  allowNoSkill: z.boolean().default(false).describe('In live, open positions with a model whose walk-forward showed no skill'),
  maxPriceDeviation: fraction(0.001, 1)
    .default(0.1)
    .describe('Largest distance between the price to trade at and the stored one'),
  maxSpreadBps: fraction(0.1, 10_000).nullable().default(200).describe('Widest spread between bid and ask'),
  maxSlippageBps: fraction(0.1, 10_000).nullable().default(200).describe('Largest expected slippage against the order book'),
  protections: z
    .array(protection)
    .default([])
    .refine((all) => new Set(all.map(({ method }) => method)).size === all.length, 'each method at most once')
    .describe('CooldownPeriod, StoplossGuard, MaxDrawdown, LowProfitPairs'),
});

/** How large a position a BUY asks for. */
export const sizing = section({
  method: z
    .enum(['fixed', 'volatility', 'kelly'])
    .default('fixed')
    .describe(
      'fixed: targetExposure; volatility: as much as gives annualVolatility; kelly: kellyFraction of the growth-optimal share',
    ),
  annualVolatility: fraction(0.01, 5).default(0.4).describe('Wanted volatility of equity in a year'),
  kellyFraction: fraction(0.01, 1).default(0.25).describe('Share of the growth-optimal size'),
  maxExposure: fraction(0.01, 5).default(1).describe('Cap of both; above 1 with futures.leverage alone'),
  scaleByConfidence: z
    .boolean()
    .default(false)
    .describe('From nothing at the confidence threshold to the full size at confidence 1'),
});
