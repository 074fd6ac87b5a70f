import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import type { CommandContext, CommandResult } from '../command-types.ts';
import { timeOption } from '../parse-options.ts';
import { table } from '../table.ts';

interface Options {
  start?: string;
  end?: string;
}

type Kind = 'lookahead' | 'recursive';

const WHAT = {
  lookahead: 'whether any feature or prediction changes when the future is cut off',
  recursive: 'whether any feature or prediction changes when older history is cut off',
} as const;

const analysis = (kind: Kind): Command =>
  withAction<Options>(
    new Command(`${kind}-analysis`)
      .description(WHAT[kind])
      .option('--start <date>', 'first day; 90 days before the last unless told')
      .option('--end <date>', 'last day; that of the stored prices unless told'),
    (context) => analyse(kind, context),
  );

export const lookaheadAnalysis = (): Command => analysis('lookahead');
export const recursiveAnalysis = (): Command => analysis('recursive');

async function analyse(kind: Kind, { openApp, options }: CommandContext<Options>): Promise<CommandResult> {
  const range = {
    startMs: options.start === undefined ? undefined : timeOption('--start', options.start),
    endMs: options.end === undefined ? undefined : timeOption('--end', options.end),
  };
  const app = await openApp();
  const result = await (kind === 'lookahead' ? app.lookaheadAnalysis(range) : app.recursiveAnalysis(range));
  const rows = result.findings.map((finding) => [finding.name, toIso(finding.timeMs)]);
  const text = result.ok
    ? `nothing changes on ${result.days} days of ${result.canonical}`
    : `${rows.length} numbers change\n${table(['name', 'time'], rows)}`;
  return { json: result, text, exitCode: result.ok ? 0 : 3 };
}
