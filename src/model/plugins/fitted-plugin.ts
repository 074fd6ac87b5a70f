import { type Matrix, ModelError } from '../../domain/index.ts';
import { FittedModel } from '../learners/fitted-model.ts';
import { type Artifact, fact, octets } from '../persistence/artifact.ts';
import { pluginOf } from './learner-plugin.ts';

/** A fitted plug-in: its bytes, and which module understands them. What it says is checked before anybody trusts it. */
export class FittedPlugin extends FittedModel {
  readonly #name: string;
  readonly #sha256: string;
  readonly #model: Uint8Array;
  readonly #predict: (X: Matrix) => Float64Array;

  /** @throws ModelError `plugin.not_loaded`, `plugin.changed`, `plugin.failed` */
  constructor(classes: number, columns: number, name: string, sha256: string, model: Uint8Array) {
    super(classes, columns);
    this.#name = name;
    this.#sha256 = sha256;
    this.#model = model;
    const plugin = pluginOf(name, sha256);
    this.#predict = guarded(name, () => plugin.load(model.slice()));
  }

  static fromArtifact(artifact: Artifact): FittedPlugin {
    const { name, sha256 } = artifact.facts;
    return new FittedPlugin(
      fact(artifact, 'classes'),
      fact(artifact, 'columns'),
      String(name),
      String(sha256),
      octets(artifact, 'model'),
    );
  }

  /**
   * A plug-in is not looked into: columns are taken over in their order and in reverse, and what the probabilities move
   * by is theirs. The sum is exact, the parts depend on the order.
   */
  override contributions(from: Float64Array, to: Float64Array): Float64Array {
    const { classes, columns } = this;
    const moved = new Float64Array(columns * classes);
    const order = Array.from({ length: columns }, (_, column) => column);
    for (const way of [order, order.toReversed()]) {
      const data = new Float64Array((columns + 1) * columns);
      const now = from.slice();
      data.set(now);
      way.forEach((column, step) => {
        now[column] = to[column]!;
        data.set(now, (step + 1) * columns);
      });
      const path = this.predictProba({ data, rows: columns + 1, columns });
      way.forEach((column, step) => {
        for (let k = 0; k < classes; k++)
          moved[column * classes + k]! += (path[(step + 1) * classes + k]! - path[step * classes + k]!) / 2;
      });
    }
    return moved;
  }

  protected override predictInto(X: Matrix, into: Float64Array): void {
    const said = guarded(this.#name, () => this.#predict({ data: X.data.slice(), rows: X.rows, columns: X.columns }));
    const isSound = said instanceof Float64Array && said.length === into.length && sumsToOne(said, this.classes);
    if (!isSound) {
      throw new ModelError(
        'plugin.bad_prediction',
        `the plug-in ${this.#name} does not give each row probabilities that sum to 1`,
        {
          hint: 'Correct its load.',
        },
      );
    }
    into.set(said);
  }

  /** Nobody knows. */
  protected override rawImportance(): Float64Array {
    return new Float64Array(this.columns);
  }

  override toArtifact(): Artifact {
    return {
      kind: 'plugin',
      facts: { classes: this.classes, columns: this.columns, name: this.#name, sha256: this.#sha256 },
      arrays: { model: this.#model },
    };
  }
}

/** @throws ModelError `plugin.failed` for whatever a plug-in throws */
export function guarded<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new ModelError(
      'plugin.failed',
      `the plug-in ${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

function sumsToOne(probabilities: Float64Array, classes: number): boolean {
  for (let at = 0; at < probabilities.length; at += classes) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const value = probabilities[at + k]!;
      if (!(value >= 0)) return false;
      sum += value;
    }
    if (Math.abs(sum - 1) > 1e-6) return false;
  }
  return true;
}
