import { type Cut, DATASET_NAMES, type KnownSeries } from '../domain/index.ts';
import { PROCESSED_PREFIX } from '../extraction/index.ts';
import type { CustomColumn } from '../features/index.ts';
import type { AppParts } from './app-parts.ts';
import { staleAfterHours } from './external-data.ts';

/** Datasets of the user's own that become features, and which of their columns. */
export interface OwnSeries {
  readonly series: readonly KnownSeries[];
  readonly columns: readonly CustomColumn[];
}

/** What `as_features` declares, and every dataset that came in as a file in `processed/`. */
export async function readOwnSeries(
  { store, dataSources }: Pick<AppParts, 'store' | 'dataSources'>,
  cut: Cut,
): Promise<OwnSeries> {
  const maxAge = staleAfterHours(dataSources.current);
  const wanted = new Map<string, readonly string[] | true>();
  for (const dataset of await store.listDatasets()) if (dataset.startsWith(PROCESSED_PREFIX)) wanted.set(dataset, true);
  for (const [dataset, { as_features }] of Object.entries(dataSources.current)) if (as_features) wanted.set(dataset, as_features);
  for (const name of DATASET_NAMES) wanted.delete(name);
  const all: KnownSeries[] = [];
  const columns: CustomColumn[] = [];
  for (const [dataset, named] of wanted) {
    const series = await store.readDataset(dataset, { cut });
    all.push(...series);
    const stored = [...new Set(series.flatMap(({ numbers }) => Object.keys(numbers)))].sort();
    const maxAgeHours = maxAge[dataset];
    for (const column of named === true ? stored : named) {
      columns.push({ dataset, column, ...(maxAgeHours !== undefined && { maxAgeHours }) });
    }
  }
  return { series: all, columns };
}
