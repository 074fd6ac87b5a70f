/** Predictions made without the labels beside them. */
export interface JudgedRows {
  /** rows x classes */
  readonly probabilities: Float64Array;
  readonly labels: Uint8Array;
  /** Weight per row; `null` where all are 1. */
  readonly weights: Float64Array | null;
}
