import type { EventLog } from '../../server/index.ts';
import type { AppParts } from '../app-parts.ts';
import { haltTrading, resumeTrading, sellEverything } from '../halting.ts';
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
  async flatten(by: string) {
    const halt = await haltTrading(parts, by, 'flatten');
    const daemon = running();
    const sold = daemon ? await sellEverything(daemon.session, parts.clock.nowMs()) : { orders: [], positionEth: null };
    return {
      halted: true as const,
      why: halt.why,
      orders: sold.orders.map((order) => ({ ...order })),
      position: { eth: sold.positionEth },
    };
  },
});
