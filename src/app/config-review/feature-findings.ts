import { nearest } from '../../config/index.ts';
import { PROCESSED_PREFIX } from '../../extraction/index.ts';
import { CATALOGUE, customFeatures } from '../../features/index.ts';
import { type Finding, type ReviewedConfig, warning } from './finding.ts';

const OWN = /^custom:([^.]+)\./;

/** Names of features in the settings of models that there are not: they would change nothing. */
export function featureFindings({ config, dataSources }: ReviewedConfig): Finding[] {
  const { passThrough, monotone } = config.model;
  const known = [...CATALOGUE.map(({ name }) => name), ...declaredFeatures(dataSources)];
  const isKnown = (name: string) => known.includes(name) || hasUnlistedColumns(OWN.exec(name)?.[1], dataSources);
  const missing = (path: string, names: readonly string[]) =>
    names
      .filter((name) => !isKnown(name))
      .map((name) => {
        const near = nearest(name, known);
        const advice = near ? `did you mean "${near}"?` : '`ets features list` has the names';
        return warning(path, `there is no feature ${name}, and it changes nothing; ${advice}`);
      });
  return [...missing('model.passThrough', passThrough), ...missing('model.monotone', Object.keys(monotone))];
}

const declaredFeatures = (dataSources: ReviewedConfig['dataSources']): string[] =>
  Object.entries(dataSources).flatMap(([dataset, { as_features }]) =>
    Array.isArray(as_features)
      ? as_features.flatMap((column: string) => customFeatures({ dataset, column }).map(({ name }) => name))
      : [],
  );

/** Whether columns of a dataset are features without being named: only what is stored tells which there are. */
const hasUnlistedColumns = (dataset: string | undefined, dataSources: ReviewedConfig['dataSources']): boolean =>
  dataset !== undefined && (dataSources[dataset]?.as_features === true || dataset.startsWith(PROCESSED_PREFIX));
