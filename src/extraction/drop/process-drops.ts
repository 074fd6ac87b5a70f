import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, DATASET_NAMES, DataError, type Timer } from '../../domain/index.ts';
import { type FileReport, type IngestDeps, type IngestOptions, ingestFile, normalizeName } from '../ingest/index.ts';
import { settleDrops } from './drop-watcher.ts';
import { fileStamp } from './find-drops.ts';

/** Datasets of files dropped into `processed/`: features that somebody else computed. They replace nothing of ours. */
export const PROCESSED_PREFIX = 'features_';
const ORIGINALS = 'originals';

/** A dropped file that was refused whole: it stays where it is, and this says why. */
interface RefusedDrop {
  readonly file: string;
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
}

export interface DropReport {
  readonly files: readonly FileReport[];
  readonly refused: readonly RefusedDrop[];
}

/**
 * Validates and merges every file that was copied into the data directory, once it stands still: one that goes on growing
 * for 30 s is refused.
 */
export async function processDrops(dataDir: string, deps: IngestDeps & { readonly timer: Timer }): Promise<DropReport> {
  const { complete, changing } = await settleDrops(dataDir, deps.timer);
  const { files, refused } = await processFiles(dataDir, complete, deps);
  return { files, refused: [...refused, ...changing.map((path) => refusedDrop(path, stillChanging(path)))] };
}

/**
 * Validates and merges these files. A merged original is kept under `external/originals/`, named by its checksum, so that
 * it is merged once; a refused one stays where it is.
 */
export async function processFiles(dataDir: string, paths: readonly string[], deps: IngestDeps): Promise<DropReport> {
  const files: FileReport[] = [];
  const refused: RefusedDrop[] = [];
  for (const path of paths) {
    try {
      files.push(...(await mergeFile(dataDir, path, deps)));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push(refusedDrop(path, error));
    }
  }
  return { files, refused };
}

const refusedDrop = (file: string, { code, message, hint }: AppError): RefusedDrop => ({ file, error: { code, message, hint } });

async function mergeFile(dataDir: string, path: string, deps: IngestDeps): Promise<readonly FileReport[]> {
  const before = await fileStamp(path);
  if (before === undefined) return [];
  const reports = await ingestFile(path, deps, datasetOf(path));
  if ((await fileStamp(path)) !== before) throw stillChanging(path);
  await keepOriginal(dataDir, path);
  return reports;
}

const stillChanging = (path: string) =>
  new DataError('ingest.file_changed', `${path} is still changing`, {
    hint: 'It is left where it is; process it again when it has been copied whole.',
  });

/** `raw/new_price_data.csv` says what it is where its columns do not. Columns that are recognised decide alone. */
function datasetOf(path: string): IngestOptions {
  if (basename(dirname(path)) === 'processed') {
    const stem = normalizeName(basename(path).replace(/(\.[a-z]+)+$/i, ''));
    return { dataset: stem.startsWith(PROCESSED_PREFIX) ? stem : `${PROCESSED_PREFIX}${stem}` };
  }
  const dataset = DATASET_NAMES.find((name) => basename(path).includes(name));
  return dataset && /\.parquet$/i.test(path) ? { dataset } : {};
}

async function keepOriginal(dataDir: string, path: string): Promise<void> {
  const folder = join(dataDir, 'external', ORIGINALS);
  await mkdir(folder, { recursive: true });
  await rename(path, join(folder, `${await sha256OfFile(path)}-${basename(path)}`));
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
