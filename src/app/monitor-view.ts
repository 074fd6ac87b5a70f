import { join } from 'node:path';
import { toIso } from '../domain/index.ts';
import type { ModelRegistry } from '../model/index.ts';
import { readPerformanceLog } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { checkStatus } from './check-status.ts';
import { showJournal } from './journal-command.ts';

const SHOWN_DECISIONS = 5;
const SHOWN_ORDERS = 5;

/** The system at a glance, from the files of the data directory alone: it works beside a daemon and without one. */
export async function monitorView(parts: AppParts, registry: ModelRegistry) {
  const { status, checks } = await checkStatus(parts, registry);
  const journal = await showJournal(parts);
  const equity = (await readPerformanceLog(join(parts.dataDir, PATHS.performance))).at(-1);
  const decisions = journal.decisions.slice(-SHOWN_DECISIONS);
  const orders = journal.orders.slice(-SHOWN_ORDERS);
  const mark = journal.simulated ? 'SIMULATED ' : '';
  const text = [
    `${mark}${toIso(parts.clock.nowMs())}  ${status}`,
    ...checks.map(
      (check) => `  ${check.status.padEnd(9)}${check.name.padEnd(12)}${check.detail}${check.remedy ? `; ${check.remedy}` : ''}`,
    ),
    `${mark}equity ${equity ? `${equity.equityUsd.toFixed(2)} USDT on ${toIso(equity.timeMs)}` : 'not known yet'}`,
    `${mark}position ${journal.position.eth} ETH, ${journal.position.usd} USDT`,
    ...decisions.map((one) => `  ${toIso(one.decisionTimeMs)}  ${one.label} -> ${one.action}`),
    ...orders.map((one) => `  ${toIso(one.plannedAtMs)}  ${one.side} ${one.quantity}  ${one.state} ${one.filledQuantity}`),
  ].join('\n');
  return {
    document: {
      simulated: journal.simulated,
      status,
      checks,
      equity: equity ?? null,
      position: journal.position,
      decisions,
      orders,
    },
    text,
  };
}
