import { AppError } from '../../domain/index.ts';
import { fileErrorCode, writeFailure } from '../../storage/index.ts';

/** What a disk answers that is full, read-only, broken, or out of handles. */
const DISK_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE']);

/** A write that the disk refused, as the typed error that says what to do; whatever else was thrown stays what it is. */
export const typedFailure = (error: unknown, dataDir: string): unknown =>
  !(error instanceof AppError) && DISK_CODES.has(fileErrorCode(error)) ? writeFailure(error, dataDir) : error;
