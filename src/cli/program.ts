import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { lookaheadAnalysis, recursiveAnalysis } from './commands/analysis.ts';
import { backtest } from './commands/backtest.ts';
import { backup } from './commands/backup.ts';
import { checkStatus } from './commands/check-status.ts';
import { config } from './commands/config.ts';
import { data } from './commands/data.ts';
import { demo } from './commands/demo.ts';
import { evaluate } from './commands/evaluate.ts';
import { backfill, extract } from './commands/extract.ts';
import { features } from './commands/features.ts';
import { flatten, halt, resume } from './commands/halt.ts';
import { ingest } from './commands/ingest.ts';
import { journal } from './commands/journal.ts';
import { keys } from './commands/keys.ts';
import { migrate } from './commands/migrate.ts';
import { models } from './commands/models.ts';
import { monitor } from './commands/monitor.ts';
import { notify } from './commands/notify.ts';
import { performanceReport } from './commands/performance-report.ts';
import { predict } from './commands/predict.ts';
import { processNewData } from './commands/process-new-data.ts';
import { replay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { sandbox } from './commands/sandbox.ts';
import { sources } from './commands/sources.ts';
import { trade } from './commands/trade.ts';
import { train } from './commands/train.ts';
import { transfer } from './commands/transfer.ts';
import { tune } from './commands/tune.ts';

/** Every command of the program, ready to parse. A failure to parse is thrown, and nothing is printed of it. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  const program = new Command('ets')
    .description('Ethereum trading system: extract, learn, decide, trade, report.')
    .version(version)
    .showHelpAfterError(false)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  const commands = [
    demo(),
    ingest(),
    processNewData(),
    data(),
    sources(),
    extract(),
    backfill(),
    features(),
    train(),
    tune(),
    predict(),
    evaluate(),
    models(),
    trade(),
    run(),
    journal(),
    replay(),
    transfer(),
    halt(),
    resume(),
    flatten(),
    backtest(),
    lookaheadAnalysis(),
    recursiveAnalysis(),
    performanceReport(),
    backup(),
    migrate(),
    checkStatus(),
    monitor(),
    notify(),
    config(),
    keys(),
    sandbox(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of allCommands(program)) command.exitOverride().configureOutput({ writeErr: () => undefined });
  return program;
}

function allCommands(parent: Command): Command[] {
  return parent.commands.flatMap((child) => [child, ...allCommands(child)]);
}
