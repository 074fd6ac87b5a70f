import { type Cut, DATASET_NAMES, type KnownSeries, RESEARCH_CUT } from '../domain/index.ts';
import type { DataManager } from '../storage/index.ts';

/** Every stored series of the five datasets, as one cut sees it. */
export async function readAllSeries(store: DataManager, cut: Cut = RESEARCH_CUT): Promise<KnownSeries[]> {
  const all: KnownSeries[] = [];
  for (const dataset of DATASET_NAMES) all.push(...(await store.readDataset(dataset, { cut })));
  return all;
}
