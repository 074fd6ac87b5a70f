import { type AppError, ConfigError, DataError } from '../domain/index.ts';

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

const syscallOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'syscall' in error ? error.syscall : undefined;

/** The file-system error code of anything thrown (`ENOENT`, ...), '' where it has none. */
export const fileErrorCode = codeOf;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A failed write, of Node or of DuckDB, as a typed error that says what to do. Typed errors pass unchanged. */
export function writeFailure(error: unknown, path: string): AppError {
  if (error instanceof ConfigError || error instanceof DataError) return error;
  const code = codeOf(error);
  const text = textOf(error);
  const context = { cause: error, details: { path } };
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left|disk quota/i.test(text)) {
    return new DataError('storage.disk_full', `the disk is full: ${path} was not written`, {
      ...context,
      hint: 'Free space and run the command again. What was stored before is untouched.',
    });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST' || /not a directory/i.test(text)) {
    return new ConfigError('storage.not_a_directory', `${path}: a file stands where a directory is needed`, {
      ...context,
      hint: 'Name another --data-dir, or move that file away.',
    });
  }
  // Node reports a folder that cannot be made on a read-only disk as one that is not there.
  const isFolderRefused = code === 'ENOENT' && syscallOf(error) === 'mkdir';
  if (
    isFolderRefused ||
    code === 'EROFS' ||
    code === 'EACCES' ||
    code === 'EPERM' ||
    /read-only file system|permission denied/i.test(text)
  ) {
    return new ConfigError('storage.not_writable', `${path} cannot be written`, {
      ...context,
      hint: 'Make the data directory writable for this user, or name another --data-dir.',
    });
  }
  return new DataError('storage.write_failed', `${path} was not written: ${text}`, {
    ...context,
    hint: 'Nothing of this commit was stored. Run the command again.',
  });
}
