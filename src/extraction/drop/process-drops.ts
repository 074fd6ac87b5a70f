import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, DATASET_NAMES } from '../../domain/index.ts';
import { type FileReport, type IngestDeps, type IngestOptions, ingestFile, normalizeName } from '../ingest/index.ts';

/** Folders of the data directory into which people copy files. What lies in a table's own folder below is not a drop. */
const DROP_FOLDERS = ['raw', 'processed', 'external'] as const;
/** Datasets of files dropped into `processed/`: features that somebody else computed. They replace nothing of ours. */
export const PROCESSED_PREFIX = 'features_';
const ORIGINALS = 'originals';
const READABLE = /\.(csv|tsv|json|ndjson|jsonl|parquet|arrow|feather|sqlite|duckdb|sql)(\.gz)?$/i;

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
 * Validates and merges every file that was copied into the data directory. A merged original is kept under
 * `external/originals/`, named by its checksum, so that it is merged once; a refused one stays where it is.
 */
export async function processDrops(dataDir: string, deps: IngestDeps): Promise<DropReport> {
  return processFiles(dataDir, await findDrops(dataDir), deps);
}

/** As `processDrops`, of these files alone. */
export async function processFiles(dataDir: string, paths: readonly string[], deps: IngestDeps): Promise<DropReport> {
  const files: FileReport[] = [];
  const refused: RefusedDrop[] = [];
  for (const path of paths) {
    try {
      files.push(...(await ingestFile(path, deps, datasetOf(path))));
      await keepOriginal(dataDir, path);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ file: path, error: { code: error.code, message: error.message, hint: error.hint } });
    }
  }
  return { files, refused };
}

/** Files lying directly in the drop folders, in order of name. */
export async function findDrops(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of DROP_FOLDERS) {
    const entries = await readdir(join(dataDir, folder), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const names = entries.filter((entry) => entry.isFile() && READABLE.test(entry.name)).map((entry) => entry.name);
    found.push(...names.sort().map((name) => join(dataDir, folder, name)));
  }
  return found;
}

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
  return hash.digest('hex').slice(0, 16);
}
