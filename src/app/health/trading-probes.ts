import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/index.ts';
import { foldJournal, HaltSwitch, protectedAt, readDecisionLog, readJournal } from '../../trading/index.ts';
import { PATHS } from '../app-parts.ts';
import { featureCodeWarning } from '../feature-code.ts';
import { serving } from '../registry-model-store.ts';
import { degraded, down, type HealthProbe, ok } from './health-check.ts';

const OLD_MODEL_DAYS = 15;
const MISSED_DECISION_HOURS = 26;
const OPEN_ORDER_HOURS = 2;

export const modelProbe: HealthProbe = {
  name: 'model',
  async look({ clock }, registry) {
    const current = await registry.loadCurrent(serving);
    if (!current) return degraded('no model is current', 'train one with `ets train`');
    const { modelId, trainedUntilMs, featureCodeHash } = current.manifest;
    if (current.fallbackReason)
      return degraded(`${modelId} stands in: ${current.fallbackReason}`, 'train a new one with `ets train`');
    const warning = featureCodeWarning(featureCodeHash);
    if (warning)
      return degraded(`${modelId}: ${warning}`, 'train a new one with `ets train`; until then its predictions may be off');
    const ageDays = Math.round((clock.nowMs() - trainedUntilMs) / DAY_MS);
    const detail = `${modelId}, trained until ${ageDays} days ago`;
    return ageDays > OLD_MODEL_DAYS ? degraded(detail, 'train with `ets train`; it says what the gate decides') : ok(detail);
  },
};

export const decisionProbe: HealthProbe = {
  name: 'decisions',
  async look({ dataDir, clock }) {
    const path = join(dataDir, PATHS.decisions);
    const last = existsSync(path) ? (await readDecisionLog(path)).at(-1) : undefined;
    if (!last) return ok('no decision was made yet');
    const ageHours = Math.round((clock.nowMs() - last.decisionTimeMs) / HOUR_MS);
    const detail = `the last one, ${last.decision.action}, was ${ageHours} h ago`;
    return ageHours > MISSED_DECISION_HOURS
      ? degraded(detail, 'see the check `daemon`; `ets trade` makes the latest one by hand')
      : ok(detail);
  },
};

export const haltProbe: HealthProbe = {
  name: 'halt',
  async look({ dataDir }) {
    const halt = await new HaltSwitch(join(dataDir, PATHS.halt)).current();
    if (halt === undefined) return ok('trading is not halted');
    const told = degraded(`halted by ${halt.by}: ${halt.why}`, 'mend the cause, then `ets resume`');
    return { ...told, subject: `${halt.atMs}:${halt.why}` };
  },
};

/** What the last comparison with the exchange found, and what was done about it. */
export const reconciliationProbe: HealthProbe = {
  name: 'reconciliation',
  async look({ dataDir, clock, config }) {
    const path = join(dataDir, PATHS.journal);
    const last = existsSync(path) ? (await foldJournal((await readJournal(path)).entries)).lastReconciliation : null;
    if (last === null) return ok('the exchange and the journal never differed');
    const ageMs = clock.nowMs() - last.atMs;
    const found = last.differences.map(({ kind, subject, action = 'shown' }) => `${kind} ${subject}: ${action}`).join(', ');
    const detail = `${(ageMs / HOUR_MS).toFixed(1)} h ago the exchange differed from the journal: ${found}`;
    const isNew = ageMs <= 2 * config.exchange.reconcileEveryMinutes * MINUTE_MS;
    const isOpen = isNew && last.differences.some(({ explained }) => !explained);
    return isOpen ? degraded(detail, 'compare `ets journal` with the exchange, then `ets resume`') : ok(detail);
  },
};

/** The journal can be read whole, and no order's outcome has been open for long. */
export const orderProbe: HealthProbe = {
  name: 'orders',
  async look({ dataDir, clock }) {
    const path = join(dataDir, PATHS.journal);
    if (!existsSync(path)) return ok('no order was made yet');
    const ledger = await foldJournal((await readJournal(path)).entries);
    const open = ledger.workingOrders();
    const oldest = open[0];
    if (!oldest) return ok(`${ledger.orders.size} orders, the outcome of each is known`);
    const ageHours = (clock.nowMs() - oldest.updatedAtMs) / HOUR_MS;
    const detail = `${open.length} without an outcome, ${oldest.intent.clientOrderId} for ${ageHours.toFixed(1)} h`;
    return ageHours > OPEN_ORDER_HOURS
      ? {
          ...down(detail, 'start `ets run`: it asks the exchange; compare with `ets journal`'),
          subject: oldest.intent.clientOrderId,
        }
      : ok(detail);
  },
};

const PROTECTED = {
  exchange: 'stop and target rest at the exchange',
  here: 'stop and target are watched by `ets run`, and at every decision',
} as const;

/** Where the stop and the target of the open position are. */
export const protectionProbe: HealthProbe = {
  name: 'protection',
  async look({ dataDir }) {
    const path = join(dataDir, PATHS.journal);
    const where = existsSync(path) ? protectedAt(await foldJournal((await readJournal(path)).entries)) : null;
    return ok(where === null ? 'nothing is held that has a stop' : PROTECTED[where]);
  },
};
