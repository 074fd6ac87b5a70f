/** Every boundary of the order path at which a process may die. Tests kill it at each one. */
export const CRASH_POINTS = [
  'decision.before_write',
  'decision.after_write',
  'decision.after_fsync',
  'journal.before_write',
  'journal.after_write',
  'journal.after_fsync',
  'journal.segment_start',
  'journal.before_archive',
  'journal.after_move',
  'order.before_send',
  'order.after_send',
  'order.before_cancel',
  'order.after_cancel',
  'order.before_lookup',
  'order.before_executions',
  'order.after_lookup',
  'list.before_send',
  'list.after_send',
  'list.before_cancel',
  'list.after_cancel',
  'reconcile.after_orders',
  'reconcile.after_fills',
  'performance.before_write',
  'performance.after_write',
  'performance.after_fsync',
  'history.before_write',
  'history.after_write',
  'halt.before_write',
  'halt.after_write',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** The boundaries inside a compaction of the journal, besides those of its writing. */
export const COMPACTION_POINTS = [
  'compact.before_checkpoint',
  'compact.after_checkpoint',
  'compact.between_moves',
  'compact.after_moves',
] as const;

export type CompactionPoint = (typeof COMPACTION_POINTS)[number];

/** Called at each boundary; production passes nothing. */
export type CrashHook = (point: CrashPoint | CompactionPoint) => void | Promise<void>;

export const noCrash: CrashHook = () => undefined;
