import type { Config, Endpoints } from '../config/index.ts';
import { type Clock, systemClock, systemTimer } from '../domain/index.ts';
import { RequestBudgets } from '../extraction/http/index.ts';
import { DataManager, readWorld, type World } from '../storage/index.ts';
import type { AppParts } from './app-parts.ts';
import { DataSourcesFile } from './data-sources-file.ts';
import { readSandboxWorld, SandboxClock } from './sandbox-clock.ts';

export interface AppSettings {
  readonly dataDir: string;
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file of secrets that was read into `env`; `.env` unless told. */
  readonly envFile?: string | undefined;
  /** Base URLs that stand in for the configured ones; with `control` they are a sandbox's, and so is the time. */
  readonly endpoints?: Endpoints;
  /** Least level of the daemon's log; info unless told. */
  readonly logLevel?: string;
  readonly onProgress?: (text: string, share?: number) => void;
  readonly signal?: AbortSignal;
  /** The account that live trading was confirmed for. */
  readonly liveAccount?: string;
}

/** The parts list: clock, world, store and sources, as the settings have them. */
export async function openParts({
  dataDir,
  config,
  env,
  envFile,
  endpoints,
  signal,
  liveAccount,
  logLevel,
  onProgress = () => undefined,
}: AppSettings): Promise<AppParts> {
  const timer = systemTimer;
  const control = endpoints?.control;
  const clock: Clock = control === undefined ? systemClock : await SandboxClock.connect(control, timer);
  const world: World = control === undefined ? { kind: 'real' } : { kind: 'sandbox', ...(await readSandboxWorld(control)) };
  const store = await DataManager.open(dataDir, { clock, timer, ...(control !== undefined && { world }) });
  const isSimulated = ((await readWorld(dataDir)) ?? world).kind === 'sandbox';
  const urls = endpoints === undefined ? config.sources : { ...(control === undefined ? config.sources : {}), ...endpoints };
  const dataSources = new DataSourcesFile(env);
  if (config.model.plugins.length > 0) {
    const { loadPlugin } = await import('../model/index.ts');
    for (const { name, module } of config.model.plugins) await loadPlugin(name, module);
  }
  return {
    dataSources,
    dataDir,
    config,
    env,
    envFile,
    clock,
    timer,
    budgets: new RequestBudgets(timer),
    world,
    isSimulated,
    endpoints,
    urls,
    store,
    logLevel,
    onProgress,
    signal,
    liveAccount,
  };
}
