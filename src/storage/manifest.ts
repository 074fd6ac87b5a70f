import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../domain/index.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { fileErrorCode } from './storage-failure.ts';

const FORMAT = 1;

const partSchema = z.object({
  /** Below the table's directory: `binance_ETHUSDT_1h/part-0123456789abcdef.parquet`. */
  file: z.string(),
  sha256: z.string(),
  rows: z.number(),
  bytes: z.number(),
});
const entrySchema = z.object({
  directory: z.string(),
  periodMs: z.number(),
  volumeUnit: z.enum(['eth', 'usd', 'unknown']).optional(),
  quote: z.enum(['USD', 'USDT', 'unknown']).optional(),
  hasIds: z.boolean(),
  numbers: z.array(z.string()),
  texts: z.array(z.string()),
  parts: z.array(partSchema),
});
const droppedSchema = z.object({
  /** Rows that ended, or were recorded, before are gone. */
  beforeMs: z.number(),
  /** When they were last dropped. */
  atMs: z.number(),
});
const bodySchema = z.object({
  table: z.string(),
  version: z.number(),
  series: z.record(z.string(), entrySchema),
  /** By series, what retention has taken away; absent where nothing ever was. */
  dropped: z.record(z.string(), droppedSchema).optional(),
});
const fileSchema = z.object({ format: z.number(), checksum: z.string(), body: z.unknown() });

export type Part = z.infer<typeof partSchema>;
export type DroppedMark = z.infer<typeof droppedSchema>;
export type SeriesEntry = z.infer<typeof entrySchema>;
/** What a table consists of. A file that its manifest does not name is not part of it. */
export type Manifest = z.infer<typeof bodySchema>;

export const MANIFEST_FILE = 'manifest.json';

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

export const emptyManifest = (table: string): Manifest => ({ table, version: 0, series: {} });

/** The manifest's text, `undefined` where the table does not exist. */
export async function readManifestText(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, MANIFEST_FILE), 'utf8');
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT' || fileErrorCode(error) === 'ENOTDIR') return undefined;
    throw new DataError('storage.read_failed', `${join(directory, MANIFEST_FILE)} cannot be read`, {
      hint: 'Check the disk and the permissions of the data directory.',
      cause: error,
    });
  }
}

/** @throws DataError `storage.manifest_damaged`, `storage.newer_format` */
export function parseManifest(text: string, directory: string): Manifest {
  const path = join(directory, MANIFEST_FILE);
  const damaged = (cause?: unknown) =>
    new DataError('storage.manifest_damaged', `${path} is damaged: it does not match its checksum`, {
      hint: "Restore it from a backup. Without one, move the table's directory away and import its data again.",
      details: { path },
      cause,
    });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw damaged(error);
  }
  const file = fileSchema.safeParse(raw);
  if (!file.success) throw damaged(file.error);
  if (file.data.format > FORMAT) {
    throw new DataError(
      'storage.newer_format',
      `${path} was written by a newer version (format ${file.data.format}, known ${FORMAT})`,
      {
        hint: 'Update this program, or name another --data-dir.',
      },
    );
  }
  if (sha256(JSON.stringify(file.data.body)) !== file.data.checksum) throw damaged();
  const body = bodySchema.safeParse(file.data.body);
  if (!body.success) throw damaged(body.error);
  return body.data;
}

function formatManifest(body: Manifest): string {
  return JSON.stringify({ format: FORMAT, checksum: sha256(JSON.stringify(body)), body });
}

/** Puts a manifest in place, atomically. @returns its text */
export async function writeManifest(directory: string, body: Manifest): Promise<string> {
  const text = formatManifest(body);
  await writeFileAtomic(join(directory, MANIFEST_FILE), text);
  return text;
}
