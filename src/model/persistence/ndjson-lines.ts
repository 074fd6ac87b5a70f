import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const NEW_LINE = 10;

/** A file of JSON lines as it was found. */
export interface FoundLines {
  /** Whole lines; a last one without its end was torn by a crash and is left out. */
  readonly lines: readonly string[];
  /** Size of the file, a torn line included. */
  readonly bytes: number;
}

/** No lines where there is no such file. */
export async function readLines(path: string): Promise<FoundLines> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const whole = bytes.subarray(0, bytes.lastIndexOf(NEW_LINE) + 1);
  return { lines: whole.toString('utf8').split('\n').slice(0, -1), bytes: bytes.length };
}

/**
 * Cuts the file to `length` bytes where that is given, adds `text`, and waits for the disk. At length 0 the file and its folder
 * may be new, and its name is on the disk too.
 */
export async function writeLines(path: string, length: number | null, text: string): Promise<void> {
  if (length === 0) await mkdir(dirname(path), { recursive: true });
  await synced(path, 'a', async (file) => {
    if (length !== null) await file.truncate(length);
    await file.appendFile(text);
  });
  if (length === 0) await synced(dirname(path), 'r', async () => undefined);
}

/** Nothing where the line is no JSON. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function synced(
  path: string,
  flags: string,
  act: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await act(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
