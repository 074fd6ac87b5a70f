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
  #storing: Promise<unknown> = Promise.resolve();

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

  /**
   * Pulls what is due at `nowMs`: APIs whose interval has passed, files that are read again and have changed.
   * @param deadline what has not answered when it fires counts as failed, with `external.late`
   */
  async pullDue(nowMs: TimeMs, deadline?: AbortSignal): Promise<ExternalReport[]> {
    const isDue = await Promise.all(this.#sources.map((source) => this.#isDue(source, nowMs)));
    return this.#pullAll(
      this.#sources.filter((_, index) => isDue[index]),
      deadline,
    );
  }

  async #isDue({ dataset, origin }: ExternalSource, nowMs: TimeMs): Promise<boolean> {
    const lastMs = this.#pulledMs.get(dataset);
    if (origin.kind === 'api') return lastMs === undefined || nowMs - lastMs >= origin.refreshMs;
    if (origin.kind === 'websocket') return false;
    const stamp = await stampOf(origin.path);
    return stamp !== undefined && stamp !== this.#stamps.get(dataset) && (origin.isReloaded || lastMs === undefined);
  }

  /** Asks all at once, so that one that hangs holds up no other, and stores one after the other. */
  #pullAll(sources: readonly ExternalSource[], deadline?: AbortSignal): Promise<ExternalReport[]> {
    return Promise.all(
      sources.flatMap((source) => (source.origin.kind === 'websocket' ? [] : [this.#pullOne(source, source.origin, deadline)])),
    );
  }

  async #pullOne(
    source: ExternalSource,
    origin: Exclude<ExternalOrigin, { kind: 'websocket' }>,
    deadline?: AbortSignal,
  ): Promise<ExternalReport> {
    const { dataset } = source;
    this.#pulledMs.set(dataset, this.#deps.clock.nowMs());
    const stamp = origin.kind === 'file' ? await stampOf(origin.path) : undefined;
    try {
      const reading = origin.kind === 'file' ? readTable(origin.path, source.options) : this.#ask(source, origin, deadline);
      const shape = await beforeDeadline(reading, dataset, deadline);
      checkColumns(source, shape);
      const reports = await this.#store(shape);
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

  #store(shape: FileShape): Promise<FileReport[]> {
    const storing = this.#storing.then(() => ingestShape(shape, this.#deps));
    this.#storing = storing.catch(() => undefined);
    return storing;
  }

  async #ask(
    { dataset, options }: ExternalSource,
    origin: Extract<ExternalOrigin, { kind: 'api' }>,
    deadline?: AbortSignal,
  ): Promise<FileShape> {
    const { http } = this.#deps;
    const signals = [this.#deps.signal, deadline].filter((one) => one !== undefined);
    const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
    const { endpoint, headers, records } = origin;
    const request = { source: `external ${dataset}`, url: endpoint, headers, maxBytes: MAX_BYTES, ...(signal && { signal }) };
    const text = await http.text(request, (body) => body);
    const rows = records === undefined ? text : rowsText(selectRecords(parseJson(text, dataset), records, dataset), dataset);
    return readContent(`${dataset} of ${new URL(endpoint).host}`, Buffer.from(rows), options);
  }
}

/** @throws SourceError `external.late`, whatever the reading does meanwhile */
async function beforeDeadline<T>(reading: Promise<T>, dataset: string, deadline: AbortSignal | undefined): Promise<T> {
  if (deadline === undefined) return reading;
  const late = () =>
    new SourceError('external.late', `${dataset} did not answer in time: it is left out`, {
      hint: '`schedule.ownDataDeadlineS` says how long is waited for it; `ets sources pull` asks it alone.',
    });
  let stop = (): void => undefined;
  const over = new Promise<never>((_resolve, reject) => {
    stop = () => reject(late());
    if (deadline.aborted) stop();
    else deadline.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([reading, over]);
  } catch (error) {
    throw deadline.aborted ? late() : error;
  } finally {
    deadline.removeEventListener('abort', stop);
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
