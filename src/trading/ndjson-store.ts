import { readFile } from 'node:fs/promises';
import { DataError } from '../domain/index.ts';
import { AppendFile, type AppendFileKind } from './append-file.ts';
import type { CrashHook } from './crash-point.ts';
import { isCode } from './durable-file.ts';

/** Lines of a file and how many bytes of it are whole lines; an interrupted write at the end is left out. */
async function readLines(path: string): Promise<{ readonly lines: readonly string[]; readonly goodBytes: number }> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return { lines: [], goodBytes: 0 };
    throw error;
  }
  const goodBytes = bytes.lastIndexOf(0x0a) + 1;
  const text = bytes.toString('utf8', 0, goodBytes);
  return { lines: text === '' ? [] : text.slice(0, -1).split('\n'), goodBytes };
}

/** Reads every value of an append-only NDJSON file without changing it. @throws DataError `ndjson.line_invalid` */
export async function readNdjson<Value>(path: string, parse: (value: unknown) => Value): Promise<Value[]> {
  return parseLines(path, (await readLines(path)).lines, parse);
}

/** Opens an append-only NDJSON file: what is in it, and the handle to go on. @throws DataError `ndjson.line_invalid` */
export async function openNdjson<Value>(
  path: string,
  parse: (value: unknown) => Value,
  kind: AppendFileKind,
  crash?: CrashHook,
): Promise<{ readonly values: Value[]; readonly file: AppendFile }> {
  const { lines, goodBytes } = await readLines(path);
  const values = parseLines(path, lines, parse);
  return { values, file: await AppendFile.open(path, goodBytes, crash, kind) };
}

function parseLines<Value>(path: string, lines: readonly string[], parse: (value: unknown) => Value): Value[] {
  return lines.map((line, i) => {
    try {
      return parse(JSON.parse(line));
    } catch (cause) {
      throw new DataError('ndjson.line_invalid', `${path}: line ${i + 1} cannot be read`, {
        details: { path, line: i + 1 },
        hint: 'Restore the file from the last verified backup (`ets backup restore`).',
        cause,
      });
    }
  });
}
