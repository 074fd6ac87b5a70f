import type { Config, Endpoints } from '../config/index.ts';
import type { Clock, Timer } from '../domain/index.ts';
import type { RequestBudgets, SourceUrls } from '../extraction/index.ts';
import type { Redact } from '../monitoring/index.ts';
import type { DataManager, World } from '../storage/index.ts';
import type { DataSourcesFile } from './data-sources-file.ts';

/** The parts of an open application: made once by `openApp`, taken by every use case as they need them. */
export interface AppParts {
  readonly dataDir: string;
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file of secrets that was read into `env`; `.env` unless told. */
  readonly envFile?: string | undefined;
  readonly clock: Clock;
  readonly timer: Timer;
  /** What every host grants this process, shared by all who send requests. */
  readonly budgets: RequestBudgets;
  /** Whose time and prices this run takes part in. What belongs to another world can be read, and not written. */
  readonly world: World;
  /** Whether what is stored comes from a sandbox: everything from there is shown as SIMULATED. */
  readonly isSimulated: boolean;
  readonly endpoints: Endpoints | undefined;
  readonly urls: SourceUrls;
  readonly dataSources: DataSourcesFile;
  readonly store: DataManager;
  /** Least level of the daemon's log: error, warn, info (unless told) or debug. */
  readonly logLevel?: string | undefined;
  /** Takes secrets out of what is told or written; a daemon has it. */
  readonly redact?: Redact;
  readonly onProgress: (text: string, share?: number) => void;
  readonly signal: AbortSignal | undefined;
  /** The account with real money that the user named for this run; nothing unless live trading was asked for. */
  readonly liveAccount?: string | undefined;
}

/** Where things that are not tables lie in the data directory. */
export const PATHS = {
  journal: 'trades/journal',
  decisions: 'trades/decisions.ndjson',
  performance: 'trades/performance.ndjson',
  tradeHistory: 'trades/trade_history.json',
  halt: 'trades/HALT',
  flatten: 'trades/FLATTEN',
  requests: 'trades/requests',
  audit: 'audit.ndjson',
  pushed: 'raw/pushed',
  backups: 'backups',
  models: 'models',
  predictions: 'models/predictions.ndjson',
  shadowPredictions: 'models/shadow-predictions.ndjson',
  walkForward: 'models/walk-forward',
  studies: 'models/studies',
  extractionState: 'raw/extraction-state.json',
  schedule: 'schedule.json',
  runLock: '.run-lock',
  outbox: 'outbox.json',
  telegramOffset: 'telegram-offset',
  keys: 'keys.sealed',
  reports: 'reports',
} as const;
