import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ReportData, renderReport } from '../backtest/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { PATHS } from './app-parts.ts';

/** Renders a report into the data directory. @returns its path */
export async function writeReport(dataDir: string, name: string, data: ReportData): Promise<string> {
  const folder = join(dataDir, PATHS.reports);
  await mkdir(folder, { recursive: true });
  const path = resolve(folder, `${name}.html`);
  await writeFileAtomic(path, await renderReport(data));
  return path;
}
