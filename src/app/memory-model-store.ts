import type { GateVerdict } from '../model/index.ts';
import type { Candidate, Challenger, ModelStore } from './retrain.ts';
import type { ServingModel } from './serving-model.ts';

/** Keeps only the current model and the one on trial: what a backtest needs. */
export class MemoryModelStore implements ModelStore {
  #current: ServingModel | undefined;
  #challenger: Challenger | undefined;

  current(): ServingModel | undefined {
    return this.#current;
  }

  challenger(): Challenger | undefined {
    return this.#challenger;
  }

  async endTrial({ model }: Challenger, verdict: GateVerdict): Promise<void> {
    if (verdict.decision === 'promoted') this.#current = model;
    this.#challenger = undefined;
  }

  async add(candidate: Candidate): Promise<ServingModel> {
    const { artifactSha256, trainedUntilMs, trainDays, canonical, ensemble, gate, skill, conformal } = candidate;
    const model: ServingModel = {
      modelId: `backtest-${artifactSha256.slice(0, 12)}`,
      ...{ artifactSha256, trainedUntilMs, trainDays, canonical, ensemble, conformal },
      hasSkill: skill === 'found',
    };
    if (gate.decision === 'challenger') this.#challenger = { model, sinceMs: trainedUntilMs };
    if (!this.#current || gate.decision === 'promoted') this.#current = model;
    return this.#current;
  }
}
