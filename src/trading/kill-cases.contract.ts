import { LINE_FAULTS, type LineFault } from './brokers/faulty-line.contract.ts';
import type { Sending } from './brokers/simulated-venue.contract.ts';
import { CRASH_POINTS, type CrashPoint } from './crash-point.ts';

/**
 * How a run comes to its end.
 * kill: SIGKILL. disk_full: the write fails with ENOSPC, and the process ends. outage: SIGKILL, and the exchange does not
 * answer for the hour after it.
 */
export const ENDINGS = ['kill', 'disk_full', 'outage'] as const;
export type Ending = (typeof ENDINGS)[number];

/** One cell of the matrix. */
export interface KillCase {
  readonly point: CrashPoint;
  readonly fault: Fault;
  readonly ending: Ending;
  /** 1 and 2: at the first and second time; above: at a random one, while every order meets a random fault. */
  readonly seed: number;
}

/**
 * What orders meet, at the exchange or on the way to it. Those that an order path has to stand by its contract are named
 * as there; `fill`, `rest`, `lost`, `late` and `lagging` as the simulated venue names them.
 */
export const FAULTS = [
  'reject',
  ...LINE_FAULTS,
  'partial-fill',
  'duplicate-events',
  'accept-then-timeout',
  'fill',
  'rest',
  'lost',
  'late',
  'lagging',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Whether the line breaks, and not the exchange. */
export const isLineFault = (fault: Fault): fault is LineFault => LINE_FAULTS.some((one) => one === fault);

/** What the exchange does with orders that meet a fault. */
export function sendingOf(fault: Fault): Sending {
  if (isLineFault(fault)) return 'part';
  if (fault === 'partial-fill' || fault === 'duplicate-events') return 'part';
  return fault === 'accept-then-timeout' ? 'taken-timeout' : fault;
}

/** What a run comes to for certain, by fault: there is a position to protect, an execution to ask for, an order to cancel. */
const BUYS: readonly Fault[] = ['partial-fill', 'accept-then-timeout', 'duplicate-events', 'lagging', 'fill', 'latency'];
const EXECUTES: readonly Fault[] = ['partial-fill', 'accept-then-timeout', 'duplicate-events', 'lagging', 'latency'];
const RESTS: readonly Fault[] = [...EXECUTES, 'rest'];
/** After these the last days hold what the exchange holds, and protect it; others may leave an outcome open until the end. */
export const HOLDS: readonly Fault[] = [...BUYS, 'reject', 'rest'];
/** Boundaries of a write: the disk may be full there. */
const WRITES: readonly CrashPoint[] = [
  'decision.before_write',
  'decision.after_write',
  'journal.before_write',
  'journal.after_write',
  'performance.before_write',
  'performance.after_write',
  'history.before_write',
  'halt.before_write',
];

/** Faults with which a run can come to the point. */
const faultsAt = (point: CrashPoint): readonly Fault[] => {
  if (point === 'order.before_executions') return FAULTS.filter((fault) => EXECUTES.includes(fault) || isLineFault(fault));
  if (point.startsWith('list.')) return FAULTS.filter((fault) => BUYS.includes(fault) || isLineFault(fault));
  if (point.startsWith('order.') && point.endsWith('cancel'))
    return FAULTS.filter((fault) => RESTS.includes(fault) || isLineFault(fault));
  return point.endsWith('lookup') ? FAULTS.filter((fault) => fault !== 'reject' && fault !== 'rest') : FAULTS;
};

/** Whether the first run comes to the point so often: only what does not depend on which reply a line breaks. */
export const isCertain = ({ point, fault, seed }: KillCase): boolean =>
  seed === 1 && (!isLineFault(fault) || !/^(order|list)\./.test(point) || point === 'order.before_send');

/** Every point once, each with another fault. */
export const shortMatrix = (): KillCase[] =>
  CRASH_POINTS.map((point, i) => {
    const faults = faultsAt(point);
    return { point, fault: faults[(i * 4) % faults.length]!, ending: 'kill', seed: 1 };
  });

/** Every point with every fault, every ending and so many seeds. */
export const fullMatrix = (seeds: number): KillCase[] =>
  CRASH_POINTS.flatMap((point) =>
    faultsAt(point).flatMap((fault) =>
      ENDINGS.filter((ending) => ending !== 'disk_full' || WRITES.includes(point)).flatMap((ending) =>
        Array.from({ length: seeds }, (_, i): KillCase => ({ point, fault, ending, seed: i + 1 })),
      ),
    ),
  );
