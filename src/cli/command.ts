import type { Command } from 'commander';
import type { App } from '../app.ts';
import { SourceError } from '../domain/errors.ts';
import type { CommandContext, CommandResult, GlobalOptions } from './command-types.ts';
import { reportFailure, reportResult } from './output.ts';
import { stopInTime } from './stop-in-time.ts';

const stoppedLate = () =>
  new SourceError('cli.stopped_late', 'ended without what it waited for, which did not answer in time', {
    hint: 'Nothing is lost: what was sent to an exchange is in the journal, and is looked up at the next start.',
  });

type Action<Options> = (context: CommandContext<Options>, ...args: string[]) => Promise<CommandResult | undefined>;

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Adds the common options to `command` and runs `action` with one result on stdout and everything else on stderr. */
export function withAction<Options>(command: Command, action: Action<Options>): Command {
  return command
    .option('--data-dir <dir>', 'data directory (env ETS_DATA_DIR, default ./data-storage)')
    .option('--config <file>', 'configuration file (default config/config.yaml where present)')
    .option('--endpoints <file>', 'JSON file of base URLs that stand in for the real services')
    .option('--env <file>', 'file of secrets and settings (default .env where present); the environment goes before it')
    .option('--set <path=value>', 'overrides one setting; repeatable', collect, [])
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .option('--json', 'one JSON document on stdout')
    .action(async (...received: unknown[]) => {
      const given = received.at(-1) as Command;
      const options = given.opts<Options & GlobalOptions>();
      process.exitCode = await run(options, given.processedArgs.flat() as string[], action);
    });
}

async function run<Options>(options: Options & GlobalOptions, args: readonly string[], action: Action<Options>): Promise<number> {
  const { createProgress } = await import('./progress.ts');
  const progress = createProgress(process.stderr);
  const stop = new AbortController();
  const letGo = stopInTime(stop, () => {
    progress.end();
    process.exit(reportFailure(stoppedLate(), { json: options.json === true, debug: false }));
  });
  // Whoever read the output has gone, as `head` does: there is nothing more to do, and nothing wrong.
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stop.abort();
  };
  process.stdout.on('error', onOutputError);
  let app: App | undefined;
  try {
    const { readEnvFile } = await import('../config/env-file.ts');
    Object.assign(process.env, readEnvFile(process.env, options.env));
    const context: CommandContext<Options> = {
      options,
      progress,
      signal: stop.signal,
      announce: (result) => {
        progress.end();
        reportResult(result, options.json === true);
      },
      openApp: async () => {
        const { openCliApp } = await import('./open-cli-app.ts');
        app = await openCliApp(options, progress, stop.signal);
        return app;
      },
    };
    const result = await action(context, ...args);
    progress.end();
    if (result) reportResult(result, options.json === true);
    return result?.exitCode ?? 0;
  } catch (error) {
    progress.end();
    const { redactorFor } = await import('./open-cli-app.ts');
    const redact = await redactorFor(options);
    return reportFailure(error, { json: options.json === true, debug: options.logLevel === 'debug', redact });
  } finally {
    await app?.close();
    letGo();
  }
}
