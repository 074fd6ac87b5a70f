import { AppError } from '../domain/index.ts';
import type { ModelRegistry } from '../model/index.ts';
import type { AppParts } from './app-parts.ts';
import { diskProbe, priceProbe, quarantineProbe, storageProbe } from './health/data-probes.ts';
import type { HealthCheck, HealthProbe } from './health/health-check.ts';
import {
  backupProbe,
  certificateProbe,
  clockProbe,
  daemonProbe,
  jobProbe,
  notificationProbe,
  secretsProbe,
} from './health/service-probes.ts';
import {
  decisionProbe,
  haltProbe,
  modelProbe,
  orderProbe,
  protectionProbe,
  reconciliationProbe,
} from './health/trading-probes.ts';

const PROBES: readonly HealthProbe[] = [
  storageProbe,
  priceProbe,
  quarantineProbe,
  modelProbe,
  decisionProbe,
  orderProbe,
  protectionProbe,
  reconciliationProbe,
  haltProbe,
  daemonProbe,
  jobProbe,
  backupProbe,
  notificationProbe,
  certificateProbe,
  secretsProbe,
  diskProbe,
  clockProbe,
];

/** The worst of the checks, and all of them. */
export interface CheckStatusResult {
  readonly status: HealthCheck['status'];
  readonly checks: readonly HealthCheck[];
}

/** Health of every part of a data directory. It works beside a daemon and without one. */
export async function checkStatus(parts: AppParts, registry: ModelRegistry): Promise<CheckStatusResult> {
  const checks: HealthCheck[] = [];
  for (const probe of PROBES) checks.push({ name: probe.name, ...(await looked(probe, parts, registry)) });
  const worst = (['down', 'degraded'] as const).find((status) => checks.some((check) => check.status === status)) ?? 'ok';
  return { status: worst, checks };
}

async function looked(probe: HealthProbe, parts: AppParts, registry: ModelRegistry): Promise<Omit<HealthCheck, 'name'>> {
  try {
    return await probe.look(parts, registry);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { status: 'down', detail: error.message, remedy: error.hint ?? `see ${error.code} in docs/errors.md` };
  }
}
