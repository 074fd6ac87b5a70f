import { join } from 'node:path';
import { DataError, type Frame, type TimeMs } from '../domain/index.ts';
import type { Duck } from './duck.ts';
import type { SeriesEntry } from './manifest.ts';
import { readParquet, writeParquet } from './parquet-file.ts';
import type { TableStore } from './table-store.ts';

/** Features by decision time, with the hash of the code that made them. */
export interface StoredFeatures {
  readonly frame: Frame;
  readonly codeHash: string;
}

const SERIES = 'featured_data';

/** Replaces the table of features: `decisionTimeMs`, `codeHash`, a column for each feature. */
export async function writeFeatureTable(store: TableStore, duck: Duck, features: StoredFeatures): Promise<void> {
  const { frame, codeHash } = features;
  const numbers = Object.keys(frame.columns);
  const clash = numbers.find((name) => /^(decisiontimems|codehash)$/i.test(name));
  if (clash !== undefined)
    throw new DataError('storage.feature_name', `a feature cannot be called ${clash}`, { hint: 'Rename it.' });
  const entry: SeriesEntry = { directory: SERIES, periodMs: 0, hasIds: false, numbers, texts: ['codeHash'], parts: [] };
  await store.replace(entry, SERIES, frame.timeMs.length, (path) =>
    writeParquet(duck, path, frame.timeMs.length, [
      { name: 'decisionTimeMs', kind: 'time', values: frame.timeMs },
      { name: 'codeHash', kind: 'text', constant: codeHash },
      ...numbers.map((name) => ({ name, kind: 'number' as const, values: frame.columns[name]! })),
    ]),
  );
}

/** The table of features, or its rows with `fromMs <= decisionTimeMs < toMs`; `undefined` where none was written. */
export async function readFeatureTable(
  store: TableStore,
  duck: Duck,
  fromMs: TimeMs = Number.NEGATIVE_INFINITY,
  toMs: TimeMs = Number.POSITIVE_INFINITY,
): Promise<StoredFeatures | undefined> {
  return store.read(async (manifest) => {
    const entry = manifest.series[SERIES];
    if (!entry) return undefined;
    for (const part of entry.parts) await store.checkPart(part);
    const paths = entry.parts.map((part) => join(store.directory, part.file));
    const { numbers, texts } = await readParquet(duck, paths, [
      { name: 'decisionTimeMs', kind: 'time' },
      { name: 'codeHash', kind: 'text' },
      ...entry.numbers.map((name) => ({ name, kind: 'number' as const })),
    ]);
    const { decisionTimeMs, ...columns } = numbers;
    const isKept = (_: number, row: number) => decisionTimeMs![row]! >= fromMs && decisionTimeMs![row]! < toMs;
    const kept = Object.entries(columns).map(([name, values]) => [name, values.filter(isKept)] as const);
    return {
      frame: { timeMs: decisionTimeMs!.filter(isKept), columns: Object.fromEntries(kept) },
      codeHash: texts.codeHash?.[0] ?? '',
    };
  });
}
