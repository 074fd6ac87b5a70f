import { stat } from 'node:fs/promises';
import { AppError, DataError, SourceError, type TimeMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import {
  type FileReport,
  type FileShape,
  type IngestDeps,
  ingestShape,
  normalizeName,
  readContent,
  readTable,
} from '../ingest/index.ts';
import type { ExternalOrigin, ExternalSource } from './external-source.ts';
import { rowsText, selectRecords } from './select-records.ts';

/** What became of one source when it was asked. */
export interface ExternalReport {
  readonly dataset: string;
  readonly status: 'ok' | 'unchanged' | 'failed';
  readonly reports: readonly FileReport[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
}

export interface ExternalDeps extends IngestDeps {
  readonly http: HttpClient;
  readonly signal?: AbortSignal | undefined;
}

const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Sources that the user declared, pulled when they are due: replies of an API, files and database exports that changed. Rows
 * go the way of every file: recognised or as declared, validated, quarantined or stored. One that fails takes nobody with it.
 */
export class ExternalDataIntegrator {
  readonly #deps: ExternalDeps;
  #sources: readonly ExternalSource[];
  readonly #pulledMs = new Map<string, TimeMs>();
  /** Size and time of change of each file when it was read. */
  readonly #stamps = new Map<string, string>();

  constructor(sources: readonly ExternalSource[], deps: ExternalDeps) {
    this.#sources = sources;
    this.#deps = deps;
  }

  get sources(): readonly ExternalSource[] {
    return this.#sources;
  }

  /** Takes other declarations; what was pulled stays pulled where a source is the same. */
  replace(sources: readonly ExternalSource[]): void {
    const same = new Set(sources.map((source) => JSON.stringify(source)));
    for (const source of this.#sources) {
      if (same.has(JSON.stringify(source))) continue;
      this.#pulledMs.delete(source.dataset);
      this.#stamps.delete(source.dataset);
    }
    this.#sources = sources;
  }

  /** Pulls every source, or the named one, whether due or not. @throws SourceError `external.unknown` */
  async pull(dataset?: string): Promise<ExternalReport[]> {
    const wanted = this.#sources.filter((source) => dataset === undefined || source.dataset === dataset);
    if (dataset !== undefined && wanted.length === 0) {
      throw new SourceError('external.unknown', `no source of data_sources.yaml is called ${dataset}`, {
        hint: `There are: ${this.#sources.map((source) => source.dataset).join(', ') || 'none'}`,
      });
    }
    return this.#pullAll(wanted);
  }

  /** Pulls what is due at `nowMs`: APIs whose interval has passed, files that are read again and have changed. */
  async pullDue(nowMs: TimeMs): Promise<ExternalReport[]> {
    const due: ExternalSource[] = [];
    for (const source of this.#sources) if (await this.#isDue(source, nowMs)) due.push(source);
    return this.#pullAll(due);
  }

  async #isDue({ dataset, origin }: ExternalSource, nowMs: TimeMs): Promise<boolean> {
    const lastMs = this.#pulledMs.get(dataset);
    if (origin.kind === 'api') return lastMs === undefined || nowMs - lastMs >= origin.refreshMs;
    if (origin.kind === 'websocket') return false;
    const stamp = await stampOf(origin.path);
    return stamp !== undefined && stamp !== this.#stamps.get(dataset) && (origin.isReloaded || lastMs === undefined);
  }

  async #pullAll(sources: readonly ExternalSource[]): Promise<ExternalReport[]> {
    const reports: ExternalReport[] = [];
    for (const source of sources) {
      if (source.origin.kind === 'websocket') continue;
      reports.push(await this.#pullOne(source, source.origin));
    }
    return reports;
  }

  async #pullOne(source: ExternalSource, origin: Exclude<ExternalOrigin, { kind: 'websocket' }>): Promise<ExternalReport> {
    const { dataset } = source;
    this.#pulledMs.set(dataset, this.#deps.clock.nowMs());
    const stamp = origin.kind === 'file' ? await stampOf(origin.path) : undefined;
    try {
      const shape = origin.kind === 'file' ? await readTable(origin.path, source.options) : await this.#ask(source, origin);
      checkColumns(source, shape);
      const reports = await ingestShape(shape, this.#deps);
      if (stamp !== undefined) this.#stamps.set(dataset, stamp);
      const isNew = reports.some(({ stored, quarantined }) => stored + quarantined > 0);
      return { dataset, status: isNew ? 'ok' : 'unchanged', reports };
    } catch (error) {
      this.#deps.signal?.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      if (stamp !== undefined) this.#stamps.set(dataset, stamp);
      const { code, message, hint } = error;
      return { dataset, status: 'failed', reports: [], error: { code, message, hint } };
    }
  }

  async #ask({ dataset, options }: ExternalSource, origin: Extract<ExternalOrigin, { kind: 'api' }>): Promise<FileShape> {
    const { http, signal } = this.#deps;
    const { endpoint, headers, records } = origin;
    const request = { source: `external ${dataset}`, url: endpoint, headers, maxBytes: MAX_BYTES, ...(signal && { signal }) };
    const text = await http.text(request, (body) => body);
    const rows = records === undefined ? text : rowsText(selectRecords(parseJson(text, dataset), records, dataset), dataset);
    return readContent(`${dataset} of ${new URL(endpoint).host}`, Buffer.from(rows), options);
  }
}

/** Size and time of change; nothing where there is no file. */
async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? `${found.size} ${found.mtimeMs}` : undefined;
}

function parseJson(text: string, dataset: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SourceError('external.no_json', `${dataset}: the reply is no JSON`, {
      hint: '`records` is for JSON replies; leave it out for CSV and NDJSON.',
      cause,
    });
  }
}

function checkColumns({ dataset, requiredColumns }: ExternalSource, { names, table }: FileShape): void {
  const absent = requiredColumns.filter((name) => !names.includes(normalizeName(name)));
  if (absent.length === 0) return;
  throw new DataError('external.columns_missing', `${dataset} has no ${absent.join(', ')}: ${table.names.join(', ')}`, {
    hint: 'Its format has changed, or `required_columns` in data_sources.yaml is wrong.',
  });
}
