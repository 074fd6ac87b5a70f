import { z } from 'zod';
import type { Faults } from '../faults.ts';
import type { HostClock } from '../host-clock.ts';
import { FINALITY_DEPTH } from '../world/chain.ts';
import type { World } from '../world/world.ts';
import type { WorldClock } from '../world-clock.ts';
import type { SandboxHandler } from './http-host.ts';

const clockRequest = z.strictObject({
  /** By the host's clock, as it is after this request. */
  nowMs: z.number().optional(),
  advanceMs: z.number().min(0).optional(),
  speed: z.number().min(0).optional(),
  /** Sets the host's clock so far ahead of the world's time, behind it where negative; the world does not move. */
  hostAheadMs: z.int().optional(),
});
const reorgsRequest = z.strictObject({
  /** Share of blocks replaced while they are the newest. */
  rate: z.number().min(0).max(1).optional(),
  /** Newest blocks to replace now. */
  depth: z.number().int().min(1).max(FINALITY_DEPTH).optional(),
});
const faultsRequest = z.strictObject({ faults: z.array(z.string()) });

/** What the sandbox's owner may do: move time, set the clock of the machine that trades, set faults, reorganise the chain, see the exchange's truth. */
export const controlHandler =
  (world: World, clock: WorldClock, host: HostClock, faults: Faults, ledger: () => unknown): SandboxHandler =>
  ({ method, path, body }) => {
    const time = () => ({ nowMs: host.nowMs(), speed: clock.speed, hostAheadMs: host.aheadMs });
    switch (`${method} ${path}`) {
      case 'GET /clock':
        return { status: 200, body: time() };
      case 'POST /clock': {
        const { nowMs, advanceMs, speed, hostAheadMs } = clockRequest.parse(JSON.parse(body));
        if (hostAheadMs !== undefined) host.setAhead(hostAheadMs);
        if (speed !== undefined) clock.setSpeed(speed);
        if (advanceMs !== undefined) clock.moveTo(clock.nowMs() + advanceMs);
        if (nowMs !== undefined) host.moveTo(nowMs);
        return { status: 200, body: time() };
      }
      case 'GET /faults':
        return { status: 200, body: { faults: faults.texts } };
      case 'POST /faults':
        faults.replace(faultsRequest.parse(JSON.parse(body)).faults);
        return { status: 200, body: { faults: faults.texts } };
      case 'GET /reorgs':
        return { status: 200, body: { rate: world.chain.reorgRate } };
      case 'POST /reorgs': {
        const { rate, depth } = reorgsRequest.parse(JSON.parse(body));
        if (rate !== undefined) world.chain.setReorgRate(rate);
        if (depth !== undefined) world.chain.reorganise(depth, clock.nowMs());
        return { status: 200, body: { rate: world.chain.reorgRate } };
      }
      case 'GET /ledger':
        return { status: 200, body: ledger() };
      case 'GET /world': {
        const { seed, startMs, edge, blockSpacingMs } = world.options;
        return { status: 200, body: { kind: 'sandbox', seed, startMs, edge, blockSpacingMs } };
      }
      default:
        return { status: 404, body: { error: `no ${method} ${path}` } };
    }
  };
