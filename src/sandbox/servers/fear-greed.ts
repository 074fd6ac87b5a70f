import { DAY_MS, HOUR_MS, type TimeMs } from '../../domain/index.ts';
import { fearGreedOf, moodName } from '../world/mood.ts';
import type { World } from '../world/world.ts';
import type { SandboxHandler } from './http-host.ts';

/** alternative.me's index: numbers as strings, newest first, only the newest with the time until the next. */
export const fearGreedHandler =
  (world: World, nowMs: () => TimeMs): SandboxHandler =>
  ({ path, query }) => {
    if (!/^\/fng\/?$/.test(path)) return { status: 404, body: { error: 'not found' } };
    const now = nowMs();
    const newest = Math.floor((now - HOUR_MS / 2) / DAY_MS) * DAY_MS;
    const first = Math.ceil(world.path.firstMs / DAY_MS) * DAY_MS;
    const all = Math.max(0, (newest - first) / DAY_MS + 1);
    const limit = Number(query.get('limit') ?? 1);
    const count = limit === 0 ? all : Math.min(all, limit);
    const data = Array.from({ length: count }, (_, i) => {
      const dayMs = newest - i * DAY_MS;
      const value = fearGreedOf(world.path, world.options.seed, dayMs);
      const until = i === 0 ? { time_until_update: String(Math.floor((newest + DAY_MS - now) / 1000)) } : {};
      return { value: String(value), value_classification: moodName(value), timestamp: String(dayMs / 1000), ...until };
    });
    return { status: 200, body: { name: 'Fear and Greed Index', data, metadata: { error: null } } };
  };
