import { z } from 'zod';
import type { Faults } from '../faults.ts';
import type { World } from '../world/world.ts';
import type { WorldClock } from '../world-clock.ts';
import type { SandboxHandler } from './http-host.ts';

const clockRequest = z.strictObject({
  nowMs: z.number().optional(),
  advanceMs: z.number().min(0).optional(),
  speed: z.number().min(0).optional(),
});
const faultsRequest = z.strictObject({ faults: z.array(z.string()) });

/** What the sandbox's owner may do: move time, set faults, see the exchange's truth. */
export const controlHandler =
  (world: World, clock: WorldClock, faults: Faults, ledger: () => unknown): SandboxHandler =>
  ({ method, path, body }) => {
    switch (`${method} ${path}`) {
      case 'GET /clock':
        return { status: 200, body: { nowMs: clock.nowMs(), speed: clock.speed } };
      case 'POST /clock': {
        const { nowMs, advanceMs, speed } = clockRequest.parse(JSON.parse(body));
        if (speed !== undefined) clock.setSpeed(speed);
        if (advanceMs !== undefined) clock.moveTo(clock.nowMs() + advanceMs);
        if (nowMs !== undefined) clock.moveTo(nowMs);
        return { status: 200, body: { nowMs: clock.nowMs(), speed: clock.speed } };
      }
      case 'GET /faults':
        return { status: 200, body: { faults: faults.texts } };
      case 'POST /faults':
        faults.replace(faultsRequest.parse(JSON.parse(body)).faults);
        return { status: 200, body: { faults: faults.texts } };
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
