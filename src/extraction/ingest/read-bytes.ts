import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ConfigError, DataError } from '../../domain/index.ts';

const MAX_BYTES = 1_500_000_000;

/** The whole file. @throws ConfigError where it is not there or must not be read, DataError where it is empty or too large */
export async function readBytes(path: string): Promise<Buffer> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!found.isFile()) {
    throw new ConfigError('ingest.not_a_file', `${path} is not a file`, {
      hint: 'Name the files themselves, for example DIR/*.csv.',
    });
  }
  if (found.size > MAX_BYTES) throw tooLarge(path);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (bytes.length === 0) throw new DataError('ingest.empty', `${path} is empty`, { hint: 'Download or export it again.' });
  return bytes;
}

function unreadable(path: string, cause: unknown): ConfigError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ConfigError('ingest.file_missing', `there is no file ${path}`, { hint: 'Check the path.', cause });
  }
  return new ConfigError('ingest.file_unreadable', `${path} cannot be read (${code})`, { hint: 'Check its permissions.', cause });
}

const tooLarge = (path: string) =>
  new DataError('ingest.too_large', `${path} holds more than ${MAX_BYTES / 1e9} GB`, {
    hint: 'Split it by date and ingest the parts.',
  });

const unpack = promisify(gunzip);
const CHUNK_BYTES = 4 * 1024 * 1024;

/** The content of a gzip file. @throws DataError where it is damaged, cut short or huge */
export async function gunzipBytes(path: string, bytes: Buffer): Promise<Buffer> {
  try {
    const content = await unpack(bytes, { maxOutputLength: MAX_BYTES, chunkSize: CHUNK_BYTES });
    if (content.length > 0) return content;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path);
    throw new DataError('ingest.gzip_damaged', `${path} is a damaged or incomplete gzip file`, {
      hint: 'Download it again.',
      cause,
    });
  }
  throw new DataError('ingest.empty', `${path} is empty inside`, { hint: 'Download or export it again.' });
}

/** UTF-8 without byte order mark, of UTF-8 or UTF-16 bytes. @throws DataError for any other encoding */
export function toUtf8(path: string, bytes: Buffer): Buffer {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return checkUtf8(path, bytes.subarray(3));
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(path, bytes, 'utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(path, bytes, 'utf-16be');
  return checkUtf8(path, bytes);
}

const NOT_TEXT_HINT = 'Ingest reads CSV, JSON, NDJSON (each also as .gz) and Parquet.';

function checkUtf8(path: string, bytes: Buffer): Buffer {
  if (bytes.includes(0)) {
    throw new DataError('ingest.not_a_table', `${path} is neither text nor a known binary format`, { hint: NOT_TEXT_HINT });
  }
  if (!isUtf8(bytes)) {
    throw new DataError('ingest.encoding_unsupported', `${path} is not UTF-8`, {
      hint: 'Save it as UTF-8 (or UTF-16 with a byte order mark).',
    });
  }
  return bytes;
}

function decodeUtf16(path: string, bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): Buffer {
  try {
    return checkUtf8(path, Buffer.from(new TextDecoder(encoding, { fatal: true }).decode(bytes)));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('ingest.encoding_unsupported', `${path} begins like UTF-16 but is damaged`, {
      hint: 'Save it as UTF-8.',
      cause,
    });
  }
}
