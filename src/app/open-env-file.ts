import { statSync } from 'node:fs';

/** Bits of a file's mode that let its group or everybody read, write or execute it. */
const OTHERS = 0o077;

/**
 * Who else than its owner may use a file of secrets: its mode in octal, or nothing where it is closed, is not there, or the
 * system has no such modes (Windows).
 */
export function openMode(file: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const found = statSync(file, { throwIfNoEntry: false });
  return found && (found.mode & OTHERS) !== 0 ? (found.mode & 0o777).toString(8).padStart(4, '0') : undefined;
}
