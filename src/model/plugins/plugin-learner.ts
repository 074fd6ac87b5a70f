import type { Matrix } from '../../domain/index.ts';
import { fitLearner } from '../learners/fit-learner.ts';
import type { FitOptions, FittedLearner, Learner } from '../learners/learner.ts';
import type { LearnerSpec } from '../learners/learner-spec.ts';
import { ensurePlugin, type PluginRef } from './learner-plugin.ts';

/** A learner out of a plug-in, with its settings. */
export class PluginLearner implements Learner {
  readonly spec: Extract<LearnerSpec, { kind: 'plugin' }>;

  constructor(ref: PluginRef, settings: Readonly<Record<string, unknown>> = {}) {
    this.spec = { kind: 'plugin', ref, settings };
  }

  /** @throws ModelError `plugin.*`, `learner.*` */
  async fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    await ensurePlugin(this.spec.ref);
    return fitLearner(this.spec, X, y, options);
  }
}
