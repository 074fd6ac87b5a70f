import type { App } from '../app.ts';
import { loadConfig, readEndpoints } from '../config/index.ts';
import type { GlobalOptions } from './command-types.ts';
import type { Progress } from './progress.ts';

export const DEFAULT_DATA_DIR = './data-storage';

/** Where the command line, else the environment, says that data lies. */
export const dataDirOf = (options: GlobalOptions): string => options.dataDir ?? (process.env.ETS_DATA_DIR || DEFAULT_DATA_DIR);

/** The application as the command line asks for it. Heavy modules load here, so that `ets --help` does without them. */
export async function openCliApp(options: GlobalOptions, progress: Progress, signal: AbortSignal): Promise<App> {
  const config = loadConfig({
    env: process.env,
    overrides: options.set,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const endpoints = options.endpoints === undefined ? undefined : readEndpoints(options.endpoints);
  const { openApp } = await import('../app.ts');
  return openApp({
    dataDir: dataDirOf(options),
    config,
    env: process.env,
    envFile: options.env,
    logLevel: options.logLevel,
    signal,
    ...(options.live === true && options.iUnderstand !== undefined ? { liveAccount: options.iUnderstand } : {}),
    onProgress: (text, share) => progress.update(text, share),
    ...(endpoints === undefined ? {} : { endpoints }),
  });
}

/** Takes every secret that a command has out of a text. */
export async function redactorFor(options: GlobalOptions): Promise<(text: string) => string> {
  const { secretRedactor } = await import('../app/secrets.ts');
  return secretRedactor({ env: process.env, dataDir: dataDirOf(options) });
}
