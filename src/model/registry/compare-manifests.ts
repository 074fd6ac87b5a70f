import type { ModelManifest } from './manifest.ts';

type Pair<T> = { readonly a: T; readonly b: T };

/** Two versions side by side. */
export interface ModelComparison {
  readonly modelId: Pair<string>;
  readonly trainedUntilMs: Pair<number>;
  /** The bytes are the same. */
  readonly isSameArtifact: boolean;
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  /** Settings of the procedure that differ, and what else a model rests on. */
  readonly differences: readonly { readonly name: string; readonly a: unknown; readonly b: unknown }[];
  /** Scores of the two procedures, each over its own days, and b less a; null where one is unknown. */
  readonly metrics: readonly ({ readonly name: string; readonly difference: number | null } & Pair<number | null>)[];
}

export function compareManifests(a: ModelManifest, b: ModelManifest): ModelComparison {
  const settings = (one: ModelManifest): Record<string, unknown> => ({
    ...one.procedure,
    trainDays: one.trainDays,
    rows: one.rows,
    canonical: one.canonical.series,
    featureCodeHash: one.featureCodeHash,
    ...Object.fromEntries(learnersOf(one).map(([name, spec]) => [`learners.${name}`, spec])),
    ...(one.programVersion !== undefined && { programVersion: one.programVersion }),
    node: one.node,
  });
  const [ofA, ofB] = [settings(a), settings(b)];
  const names = [...new Set([...Object.keys(ofA), ...Object.keys(ofB)])];
  return {
    modelId: { a: a.modelId, b: b.modelId },
    trainedUntilMs: { a: a.trainedUntilMs, b: b.trainedUntilMs },
    isSameArtifact: a.artifactSha256 === b.artifactSha256,
    onlyInA: a.features.filter((name) => !b.features.includes(name)),
    onlyInB: b.features.filter((name) => !a.features.includes(name)),
    differences: names
      .filter((name) => JSON.stringify(ofA[name]) !== JSON.stringify(ofB[name]))
      .map((name) => ({ name, a: ofA[name] ?? null, b: ofB[name] ?? null })),
    metrics: (['logLoss', 'accuracy', 'brier', 'ece'] as const).map((name) => {
      const [x, y] = [a.metrics[name], b.metrics[name]];
      return { name, a: x, b: y, difference: x === null || y === null ? null : y - x };
    }),
  };
}

const learnersOf = ({ learners }: ModelManifest): [string, unknown][] =>
  learners === undefined ? [] : [...Object.entries(learners.base), ['meta', learners.meta]];
