import type { StreamProcessor } from '../../extraction/index.ts';
import type { ModelRegistry } from '../../model/index.ts';
import type { UserStream } from '../../trading/index.ts';
import type { SoldEverything } from '../sell-everything.ts';
import type { TradingSession } from '../trading-session.ts';
import type { BookedTransfer, TransferRequest } from '../transfer-requests.ts';
import type { HealthMonitor } from './health-monitor.ts';
import type { JobHistory } from './job-history.ts';
import type { JobState } from './job-state.ts';
import type { SourceMetrics } from './source-metrics.ts';

/** What the API and the metrics see of a daemon that has started. */
export interface RunningDaemon {
  readonly session: TradingSession;
  readonly history: JobHistory;
  readonly registry: ModelRegistry;
  readonly streams: StreamProcessor | undefined;
  /** Nothing where the exchange tells of no fills. */
  readonly userStream: UserStream | undefined;
  readonly health: HealthMonitor;
  /** What must not be believed and halted trading, while it lasts. */
  readonly trouble: string | undefined;
  readonly sources: SourceMetrics;
  jobStates(): readonly JobState[];
  /** Sells everything, before anything else that acts. */
  flatten(): Promise<SoldEverything>;
  /** Books what was given or taken by hand. @throws ConfigError where it cannot be */
  transfer(request: TransferRequest): Promise<BookedTransfer>;
}
