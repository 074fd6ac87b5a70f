import type { FittedModel } from './fitted-model.ts';

/** A model through which contributions to its inputs can be carried on to its probabilities. */
export interface SmoothModel {
  /** Average slope of each probability in each input between two rows: columns x classes. A missing input counts as it does in a prediction. */
  slopes(from: Float64Array, to: Float64Array): Float64Array;
}

export const isSmooth = <T extends FittedModel>(model: T): model is T & SmoothModel => 'slopes' in model;
