import { type Cut, type DatasetName, type KnownSeries, RESEARCH_CUT, type SeriesInfo, type TimeMs } from '../domain/index.ts';
import { cutTable, sliceKnownSeries } from './cut-table.ts';
import type { Manifest, SeriesEntry } from './manifest.ts';
import type { SeriesTable } from './series-table.ts';
import { type SeriesSummary, summarizeSeries } from './summarize-series.ts';
import type { TableStore } from './table-store.ts';
import type { Tables } from './tables.ts';

export interface ReadOptions {
  /** The research cut unless told. */
  readonly cut?: Cut;
  readonly fromMs?: TimeMs;
  /** Exclusive. */
  readonly toMs?: TimeMs;
}

const infoOf = (dataset: DatasetName, series: string, { periodMs, volumeUnit, quote }: SeriesEntry): SeriesInfo => ({
  dataset,
  series,
  periodMs,
  ...(volumeUnit && { volumeUnit }),
  ...(quote && { quote }),
});

/** Reads series as a cut sees them, and keeps what it made of a table for as long as the table itself is kept. */
export class SeriesReader {
  readonly #tables: Tables;
  readonly #cuts = new WeakMap<SeriesTable, { key: string; known: KnownSeries }[]>();
  readonly #summaries = new WeakMap<SeriesTable, SeriesSummary>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** A series as one cut sees it; `undefined` where nothing of it is stored. */
  async series(dataset: DatasetName, series: string, options: ReadOptions = {}): Promise<KnownSeries | undefined> {
    const table = this.#tables.of(dataset);
    return table.read((manifest) => this.#readOne(table, manifest, series, options));
  }

  /** Every series of a dataset, by name. */
  async dataset(dataset: DatasetName, options: ReadOptions = {}): Promise<KnownSeries[]> {
    const table = this.#tables.of(dataset);
    return table.read(async (manifest) => {
      const all: KnownSeries[] = [];
      for (const series of Object.keys(manifest.series).sort()) {
        const one = await this.#readOne(table, manifest, series, options);
        if (one) all.push(one);
      }
      return all;
    });
  }

  async #readOne(table: TableStore, manifest: Manifest, series: string, options: ReadOptions): Promise<KnownSeries | undefined> {
    const stored = await table.load(manifest, series);
    if (!stored) return undefined;
    const info = infoOf(table.name, series, manifest.series[series]!);
    return sliceKnownSeries(this.#cut(info, stored, options.cut ?? RESEARCH_CUT), options.fromMs, options.toMs);
  }

  #cut(info: SeriesInfo, stored: SeriesTable, cut: Cut): KnownSeries {
    const key = JSON.stringify([cut, info]);
    const cached = this.#cuts.get(stored) ?? [];
    const hit = cached.find((one) => one.key === key);
    if (hit) return hit.known;
    const known = cutTable(info, stored, cut);
    this.#cuts.set(stored, [{ key, known }, ...cached].slice(0, 2));
    return known;
  }

  /** What is stored of every series: rows, revisions, first, last, gaps. */
  async summaries(): Promise<SeriesSummary[]> {
    const all: SeriesSummary[] = [];
    for (const dataset of await this.#tables.datasets()) {
      const table = this.#tables.of(dataset);
      const found = await table.read(async (manifest) => {
        const summaries: SeriesSummary[] = [];
        for (const series of Object.keys(manifest.series).sort()) {
          const stored = await table.load(manifest, series);
          if (stored) summaries.push(this.#summarize(infoOf(dataset, series, manifest.series[series]!), stored));
        }
        return summaries;
      });
      all.push(...found);
    }
    return all;
  }

  #summarize(info: SeriesInfo, stored: SeriesTable): SeriesSummary {
    const cached = this.#summaries.get(stored);
    if (cached) return { ...cached, ...info };
    const summary = summarizeSeries(info, stored);
    this.#summaries.set(stored, summary);
    return summary;
  }
}
