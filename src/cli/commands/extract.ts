import { Command } from 'commander';
import { toIsoDay } from '../../domain/time.ts';
import type { SourceEstimate } from '../../extraction/index.ts';
import { withAction } from '../command.ts';
import type { CommandResult } from '../command-types.ts';
import { timeOption } from '../parse-options.ts';
import { table } from '../table.ts';

interface DayReport {
  readonly date: string;
  readonly datasets: readonly {
    readonly dataset: string;
    readonly status: string;
    readonly rows: number;
    readonly error?: unknown;
  }[];
}

export const extract = (): Command =>
  withAction<{ date?: string }>(
    new Command('extract')
      .alias('data-extraction')
      .description('fetch one day from every configured source')
      .option('--date <day>', 'UTC day (default: today)'),
    async ({ openApp, options }) => {
      const app = await openApp();
      return asResult(await app.extractDay(options.date === undefined ? app.clock.nowMs() : timeOption('--date', options.date)));
    },
  );

export const backfill = (): Command =>
  withAction<{ start: string; end: string; resume?: boolean; estimate?: boolean }>(
    new Command('backfill')
      .description('fetch a range of days, both ends included')
      .requiredOption('--start <day>', 'first UTC day')
      .requiredOption('--end <day>', 'last UTC day')
      .option('--resume', 'go on where an interrupted backfill stopped (days that are complete are skipped in any case)')
      .option('--estimate', 'say how many requests, bytes and hours it takes, and send nothing'),
    async ({ openApp, options }) => {
      const startMs = timeOption('--start', options.start);
      const endMs = timeOption('--end', options.end);
      if (options.estimate) return estimateResult(await (await openApp()).estimateBackfill(startMs, endMs));
      return asResult(await (await openApp()).backfill(startMs, endMs));
    },
  );

function asResult(days: readonly DayReport[]): CommandResult {
  const all = days.flatMap((day) => day.datasets.map((x) => ({ date: day.date, ...x })));
  const failed = all.filter((x) => x.status === 'failed');
  const shown = days.length <= 3 ? all : failed;
  const summary = `${days.length} days to ${days.at(-1)?.date ?? toIsoDay(0)}: ${all.reduce((sum, x) => sum + x.rows, 0)} rows, ${failed.length} failures`;
  const rows = shown.map((x) => [x.date, x.dataset, x.status, x.rows, x.error === undefined ? '' : errorText(x.error)]);
  return {
    json: { days },
    text: rows.length > 0 ? `${table(['day', 'dataset', 'status', 'rows', 'error'], rows)}\n${summary}` : summary,
    exitCode: failed.length > 0 ? 4 : 0,
  };
}

const errorText = (error: unknown): string => (typeof error === 'string' ? error : JSON.stringify(error));

function estimateResult(sources: readonly SourceEstimate[]): CommandResult {
  const hours = Math.max(0, ...sources.map((one) => one.hours));
  const rows = sources.map((one) => [
    one.dataset,
    one.source,
    Math.round(one.days),
    one.requests,
    `${(one.bytes / 1e6).toFixed(1)} MB`,
    one.hours.toFixed(2),
  ]);
  const text = `${table(['dataset', 'source', 'days', 'requests', 'bytes', 'hours'], rows)}\nabout ${hours.toFixed(1)} h: sources are asked at the same time, the slowest says how long it takes`;
  return { json: { sources, hours }, text };
}
