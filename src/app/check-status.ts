import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, DAY_MS, HOUR_MS } from '../domain/index.ts';
import type { ModelRegistry } from '../model/index.ts';
import { HaltSwitch, readDecisionLog } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** Health of one part, and what to do about it. */
export interface HealthCheck {
  readonly name: string;
  readonly status: 'ok' | 'degraded' | 'down';
  readonly detail: string;
}

const STALE_PRICE_HOURS = 26;
const OLD_MODEL_DAYS = 15;
const MISSED_DECISION_HOURS = 26;
const LOW_DISK_BYTES = 2e9;

/** The worst of the checks, and all of them. */
export interface CheckStatusResult {
  readonly status: HealthCheck['status'];
  readonly checks: readonly HealthCheck[];
}

/** Health of every part of a data directory. It works beside a daemon and without one. */
export async function checkStatus(parts: AppParts, registry: ModelRegistry): Promise<CheckStatusResult> {
  const probes: [name: string, probe: () => Promise<Omit<HealthCheck, 'name'>>][] = [
    ['storage', () => storageHealth(parts)],
    ['prices', () => priceHealth(parts)],
    ['quarantine', () => quarantineHealth(parts)],
    ['model', () => modelHealth(parts, registry)],
    ['decisions', () => decisionHealth(parts)],
    ['halt', () => haltHealth(parts)],
    ['disk', () => diskHealth(parts)],
    [
      'clock',
      async () => ({
        status: 'ok',
        detail: `${new Date(parts.clock.nowMs()).toISOString()}${parts.isSimulated ? ' SIMULATED' : ''}`,
      }),
    ],
  ];
  const checks: HealthCheck[] = [];
  for (const [name, probe] of probes) {
    try {
      checks.push({ name, ...(await probe()) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      checks.push({ name, status: 'down', detail: `${error.message}${error.hint ? `. ${error.hint}` : ''}` });
    }
  }
  const worst = (['down', 'degraded'] as const).find((status) => checks.some((check) => check.status === status)) ?? 'ok';
  return { status: worst, checks };
}

type Health = Omit<HealthCheck, 'name'>;

async function storageHealth({ store }: AppParts): Promise<Health> {
  const { ok, problems } = await store.verify();
  return ok
    ? { status: 'ok', detail: 'everything stored is intact' }
    : { status: 'down', detail: `${problems[0]!.message}; see \`ets data verify\`` };
}

async function priceHealth({ store, clock }: AppParts): Promise<Health> {
  const prices = (await store.listSeries()).filter(({ dataset, rows }) => dataset === 'price_data' && rows > 0);
  if (prices.length === 0) return { status: 'degraded', detail: 'no prices are stored; fetch them with `ets backfill`' };
  const ageHours = Math.round((clock.nowMs() - Math.max(...prices.map(({ lastEndMs }) => lastEndMs))) / HOUR_MS);
  const detail = `the newest candle ended ${ageHours} h ago`;
  return ageHours > STALE_PRICE_HOURS
    ? { status: 'degraded', detail: `${detail}; fetch with \`ets extract\`` }
    : { status: 'ok', detail };
}

async function quarantineHealth({ store }: AppParts): Promise<Health> {
  const { length } = await store.readQuarantine();
  return {
    status: 'ok',
    detail: length === 0 ? 'no row was rejected' : `${length} rows were rejected; see \`ets data quarantine\``,
  };
}

async function modelHealth({ clock }: AppParts, registry: ModelRegistry): Promise<Health> {
  const current = await registry.loadCurrent();
  if (!current) return { status: 'degraded', detail: 'no model is current; train one with `ets train`' };
  if (current.fallbackReason)
    return { status: 'degraded', detail: `${current.manifest.modelId} stands in: ${current.fallbackReason}` };
  const ageDays = Math.round((clock.nowMs() - current.manifest.trainedUntilMs) / DAY_MS);
  const detail = `${current.manifest.modelId}, trained until ${ageDays} days ago`;
  return ageDays > OLD_MODEL_DAYS
    ? { status: 'degraded', detail: `${detail}; train with \`ets train\`` }
    : { status: 'ok', detail };
}

async function decisionHealth({ dataDir, clock }: AppParts): Promise<Health> {
  const path = join(dataDir, PATHS.decisions);
  const last = existsSync(path) ? (await readDecisionLog(path)).at(-1) : undefined;
  if (!last) return { status: 'ok', detail: 'no decision was made yet' };
  const ageHours = Math.round((clock.nowMs() - last.decisionTimeMs) / HOUR_MS);
  const detail = `the last one, ${last.decision.action}, was ${ageHours} h ago`;
  return ageHours > MISSED_DECISION_HOURS
    ? { status: 'degraded', detail: `${detail}; is the daily job running?` }
    : { status: 'ok', detail };
}

async function haltHealth({ dataDir }: AppParts): Promise<Health> {
  const halt = await new HaltSwitch(join(dataDir, PATHS.halt)).current();
  return halt
    ? { status: 'degraded', detail: `halted by ${halt.by}: ${halt.why}` }
    : { status: 'ok', detail: 'trading is not halted' };
}

async function diskHealth({ dataDir }: AppParts): Promise<Health> {
  const { bavail, bsize } = await statfs(existsSync(dataDir) ? dataDir : '.');
  const free = bavail * bsize;
  const detail = `${(free / 1e9).toFixed(1)} GB free`;
  return free < LOW_DISK_BYTES ? { status: 'degraded', detail: `${detail}; make room` } : { status: 'ok', detail };
}
