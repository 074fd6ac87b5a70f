import type { Candidate, ModelStore } from './retrain.ts';
import type { ServingModel } from './serving-model.ts';

/** Keeps only the current model: what a backtest needs. */
export class MemoryModelStore implements ModelStore {
  #current: ServingModel | undefined;

  current(): ServingModel | undefined {
    return this.#current;
  }

  async add(candidate: Candidate): Promise<ServingModel> {
    const { artifactSha256, trainedUntilMs, canonical, ensemble } = candidate;
    if (!this.#current || candidate.gate.decision === 'promoted') {
      this.#current = { modelId: `backtest-${artifactSha256.slice(0, 12)}`, artifactSha256, trainedUntilMs, canonical, ensemble };
    }
    return this.#current;
  }
}
