import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { HOUR_MS } from '../../domain/index.ts';
import { degraded, down, type HealthProbe, ok } from './health-check.ts';

const STALE_PRICE_HOURS = 26;
const LOW_DISK_BYTES = 2e9;

export const storageProbe: HealthProbe = {
  name: 'storage',
  async look({ store }) {
    const { problems } = await store.verifyChanged();
    const [first] = problems;
    if (first === undefined) return ok('everything stored is intact');
    return {
      ...down(first.message, 'see `ets data verify`, then restore a backup: `ets backup list`'),
      subject: `${first.table}/${first.series}`,
    };
  },
};

export const priceProbe: HealthProbe = {
  name: 'prices',
  async look({ store, clock }) {
    const prices = (await store.listSeries()).filter(({ dataset, rows }) => dataset === 'price_data' && rows > 0);
    if (prices.length === 0) return degraded('no prices are stored', 'fetch them with `ets backfill`');
    const ageHours = Math.round((clock.nowMs() - Math.max(...prices.map(({ lastEndMs }) => lastEndMs))) / HOUR_MS);
    const detail = `the newest candle ended ${ageHours} h ago`;
    return ageHours > STALE_PRICE_HOURS ? degraded(detail, 'fetch with `ets extract`; it says which source fails') : ok(detail);
  },
};

export const quarantineProbe: HealthProbe = {
  name: 'quarantine',
  async look({ store }) {
    const length = await store.quarantinedCount();
    return ok(length === 0 ? 'no row was rejected' : `${length} rows were rejected; see \`ets data quarantine\``);
  },
};

export const diskProbe: HealthProbe = {
  name: 'disk',
  async look({ dataDir }) {
    const { bavail, bsize } = await statfs(existsSync(dataDir) ? dataDir : '.');
    const free = bavail * bsize;
    const detail = `${(free / 1e9).toFixed(1)} GB free`;
    return free < LOW_DISK_BYTES ? degraded(detail, 'make room: `ets backup prune --keep 3`, old logs') : ok(detail);
  },
};
