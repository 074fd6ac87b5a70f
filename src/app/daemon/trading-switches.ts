import { ConfigError } from '../../domain/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { AppParts } from '../app-parts.ts';
import { askToFlatten, haltTrading, resumeTrading } from '../halting.ts';
import type { TransferRequest } from '../transfer-requests.ts';
import type { RunningDaemon } from './running-daemon.ts';

/** What people may switch while the daemon runs, by the API or a chat. Each answer says what is in force afterwards. */
export const tradingSwitches = (parts: AppParts, events: EventLog, running: () => RunningDaemon | undefined) => ({
  async halt(by: string, why: string) {
    const halt = await haltTrading(parts, by, why);
    events.add('halt', parts.clock.nowMs(), halt);
    return { halted: true, ...halt };
  },
  async resume(by: string) {
    const before = await resumeTrading(parts);
    events.add('halt', parts.clock.nowMs(), { halted: false, by });
    return { halted: false, before: before ?? null };
  },
  /** What could not be sold at once, or was asked for before the daemon was ready, stays asked for until it is. */
  async flatten(by: string) {
    const halt = await askToFlatten(parts, by);
    const sold = await running()?.flatten();
    return {
      halted: true as const,
      why: halt.why,
      isFlat: sold?.isFlat ?? false,
      stillHeldBecause: sold === undefined ? 'the daemon is not ready; it sells as soon as it is' : sold.why,
      orders: (sold?.orders ?? []).map((order) => ({ ...order })),
      position: { eth: sold?.positionEth ?? null },
    };
  },
  async transfer(request: TransferRequest) {
    const daemon = running();
    if (daemon) return daemon.transfer(request);
    throw new ConfigError('run.not_ready', 'the daemon is not ready yet', { hint: 'Ask again when /readyz says that it is.' });
  },
});
