/** The model's classes, in the order of every probability vector: 0 BUY, 1 SELL, 2 HOLD. */
export const CLASS_LABELS = ['BUY', 'SELL', 'HOLD'] as const;

export type ClassLabel = (typeof CLASS_LABELS)[number];
export type ClassIndex = 0 | 1 | 2;

export const BUY: ClassIndex = 0;
export const SELL: ClassIndex = 1;
export const HOLD: ClassIndex = 2;

/** What a model says at one decision time. `probabilities` sum to 1; `confidence` is the calibrated probability of `classIndex`. */
export interface Prediction {
  readonly modelId: string;
  readonly classIndex: ClassIndex;
  readonly probabilities: readonly [buy: number, sell: number, hold: number];
  readonly confidence: number;
}
