import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const FOLDER = join(process.cwd(), '../shared/data/api');

/** Whether recorded replies of the real services lie beside the checkout; tests that need them say so when they skip. */
export const hasRecordedReplies = existsSync(FOLDER);

/** A recorded reply as JSON. */
export function readRecorded(path: string): unknown {
  const bytes = readFileSync(join(FOLDER, path));
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
}
