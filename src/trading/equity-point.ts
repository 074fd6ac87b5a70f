import { z } from 'zod';
import { timeMs } from './order.ts';

export const equityPointSchema = z
  .object({
    timeMs,
    decisionId: z.string(),
    equityUsd: z.number(),
    cashUsd: z.number(),
    positionEth: z.number(),
    priceUsd: z.number(),
    exposure: z.number(),
    /** Capital given less capital taken until then. */
    transfersUsd: z.number(),
  })
  .readonly();

/** Equity at the end of one cycle. Numbers: they are for statistics and charts. */
export type EquityPoint = z.infer<typeof equityPointSchema>;

/** Where two histories of equity do not say the same. */
export interface EquityDifference {
  /** Points of `wanted` that `found` lacks. */
  readonly missing: readonly EquityPoint[];
  /** Decisions for which they differ. */
  readonly differing: readonly string[];
}

/** What is missing in a history of equity, or other than it should be, by decision. */
export function compareEquity(wanted: readonly EquityPoint[], found: readonly EquityPoint[]): EquityDifference {
  const there = new Map(found.map((point) => [point.decisionId, point]));
  const missing = wanted.filter(({ decisionId }) => !there.has(decisionId));
  const differing = wanted.flatMap((point) => {
    const other = there.get(point.decisionId);
    return other === undefined || isSame(point, other) ? [] : [point.decisionId];
  });
  return { missing, differing };
}

const KEYS = Object.keys(equityPointSchema.unwrap().shape) as (keyof EquityPoint)[];
const isSame = (a: EquityPoint, b: EquityPoint): boolean => KEYS.every((key) => a[key] === b[key]);
