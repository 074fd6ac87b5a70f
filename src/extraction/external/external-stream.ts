import { WebSocket } from 'ws';
import { AppError, type Rng, type Timer } from '../../domain/index.ts';
import { backoffMs } from '../http/backoff.ts';
import { type FileReport, type IngestDeps, ingestShape, readContent } from '../ingest/index.ts';
import type { ExternalOrigin, ExternalSource } from './external-source.ts';
import { rowsText, selectRecords } from './select-records.ts';

export interface ExternalStreamDeps extends IngestDeps {
  readonly timer: Timer;
  readonly rng: Rng;
  readonly signal: AbortSignal;
  /** Told of every batch that was stored, and of everything that was not. */
  readonly onReport: (dataset: string, reports: readonly FileReport[]) => void;
  readonly onProblem: (dataset: string, problem: string) => void;
}

/** Rows wait so long for others before they are stored together. */
const BATCH_MS = 1_000;
const MAX_ROWS = 5_000;
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * A source that sends rows over a WebSocket: JSON messages, each a row or a list of them. Rows are stored in small batches;
 * while one is being stored at most `MAX_ROWS` wait, and what comes beyond is dropped and told. It connects again, with
 * backoff, until the signal ends it.
 */
export async function runExternalStream(source: ExternalSource, deps: ExternalStreamDeps): Promise<void> {
  const { origin, dataset } = source;
  if (origin.kind !== 'websocket') return;
  for (let attempt = 0; !deps.signal.aborted; attempt += 1) {
    const hadRows = await runConnection(source, origin, deps);
    if (deps.signal.aborted) return;
    if (hadRows) attempt = 0;
    deps.onProblem(dataset, 'the connection has ended; connecting again');
    await deps.timer.sleep(backoffMs(attempt, deps.rng), deps.signal).catch(() => undefined);
  }
}

async function runConnection(
  source: ExternalSource,
  origin: Extract<ExternalOrigin, { kind: 'websocket' }>,
  deps: ExternalStreamDeps,
): Promise<boolean> {
  const { dataset } = source;
  const socket = new WebSocket(origin.url, { maxPayload: MAX_MESSAGE_BYTES });
  const rows: unknown[] = [];
  let dropped = 0;
  let hasRows = false;
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('error', (error) => {
      deps.onProblem(dataset, error.message);
      resolve();
    });
  });
  socket.once('open', () => {
    if (origin.subscribe !== undefined) socket.send(origin.subscribe);
  });
  socket.on('message', (data) => {
    try {
      const found = selectRecords(JSON.parse(String(data)), origin.records, dataset);
      const added = Array.isArray(found) ? found : [found];
      const room = Math.max(0, MAX_ROWS - rows.length);
      rows.push(...added.slice(0, room));
      dropped += Math.max(0, added.length - room);
      hasRows = true;
    } catch (error) {
      deps.onProblem(dataset, `a message was left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const close = () => socket.close();
  deps.signal.addEventListener('abort', close, { once: true });
  let isOpen = true;
  const over = new AbortController();
  const end = ended.then(() => {
    isOpen = false;
    over.abort();
  });
  while (isOpen) {
    await deps.timer.sleep(BATCH_MS, over.signal).catch(() => undefined);
    await store(source, rows.splice(0), deps);
    if (dropped > 0) deps.onProblem(dataset, `${dropped} rows came faster than they could be stored`);
    dropped = 0;
  }
  await end;
  await store(source, rows.splice(0), deps);
  deps.signal.removeEventListener('abort', close);
  return hasRows;
}

async function store(source: ExternalSource, rows: readonly unknown[], deps: ExternalStreamDeps): Promise<void> {
  if (rows.length === 0) return;
  const { dataset, options } = source;
  try {
    const shape = await readContent(`${dataset} stream`, Buffer.from(rowsText(rows, dataset)), options);
    deps.onReport(dataset, await ingestShape(shape, deps));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    deps.onProblem(dataset, `${rows.length} rows were left out: ${error.message}`);
  }
}
