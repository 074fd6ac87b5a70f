import { DataError, type RowBatch } from '../domain/index.ts';
import { type SeriesEntry, sha256 } from './manifest.ts';

const settled = <T extends string>(stored: T | undefined, brought: T | undefined): T | undefined =>
  stored === undefined || stored === 'unknown' ? (brought ?? stored) : stored;

const differs = (stored: string | undefined, brought: string | undefined): boolean =>
  stored !== undefined && brought !== undefined && stored !== 'unknown' && brought !== 'unknown' && stored !== brought;

function directoryFor(series: string, others: Iterable<readonly [string, SeriesEntry]>): string {
  const plain = series
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80);
  const isTaken = [...others].some(([, entry]) => entry.directory.toLowerCase() === plain.toLowerCase());
  return isTaken || plain === '' ? `${plain}-${sha256(series).slice(0, 8)}` : plain;
}

/**
 * The manifest's entry of a series as it stands once a batch is in: new columns are added, an unknown unit may become
 * known. Only a restatement may change what was settled.
 * @throws DataError `storage.series_changed`, `storage.column_type_changed`
 */
export function extendEntry(
  stored: SeriesEntry | undefined,
  batch: RowBatch,
  others: Iterable<readonly [string, SeriesEntry]>,
  restate: boolean,
): SeriesEntry {
  const { dataset, series, periodMs, volumeUnit, quote } = batch;
  if (stored && !restate) {
    const changed = [
      ...(stored.periodMs === periodMs ? [] : [`spacing ${stored.periodMs} ms, now ${periodMs} ms`]),
      ...(differs(stored.volumeUnit, volumeUnit) ? [`volume unit ${stored.volumeUnit}, now ${volumeUnit}`] : []),
      ...(differs(stored.quote, quote) ? [`quote ${stored.quote}, now ${quote}`] : []),
    ];
    if (changed.length > 0) {
      throw new DataError('storage.series_changed', `${dataset} ${series} is stored differently: ${changed.join('; ')}`, {
        hint: 'Give the rows a series of their own, or restate the series if it was stored wrongly.',
        details: { dataset, series },
      });
    }
  }
  const numbers = new Set([...(stored?.numbers ?? []), ...Object.keys(batch.numbers)]);
  const texts = new Set([...(stored?.texts ?? []), ...Object.keys(batch.texts ?? {})]);
  const byLower = new Map<string, string>();
  for (const name of [...[...numbers].map((one) => `number ${one}`), ...[...texts].map((one) => `text ${one}`)]) {
    const lower = name.slice(name.indexOf(' ') + 1).toLowerCase();
    const clash = byLower.get(lower);
    if (clash !== undefined) {
      throw new DataError('storage.column_type_changed', `${dataset} ${series}: ${clash} and ${name} cannot both be stored`, {
        hint: 'Rename the column of the new rows.',
        details: { dataset, series },
      });
    }
    byLower.set(lower, name);
  }
  const unit = restate ? (volumeUnit ?? stored?.volumeUnit) : settled(stored?.volumeUnit, volumeUnit);
  const currency = restate ? (quote ?? stored?.quote) : settled(stored?.quote, quote);
  return {
    directory: stored?.directory ?? directoryFor(series, others),
    periodMs,
    ...(unit && { volumeUnit: unit }),
    ...(currency && { quote: currency }),
    hasIds: (stored?.hasIds ?? false) || batch.ids !== undefined,
    numbers: [...numbers],
    texts: [...texts],
    parts: stored?.parts ?? [],
  };
}
