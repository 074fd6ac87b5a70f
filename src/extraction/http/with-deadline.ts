import { setMaxListeners } from 'node:events';
import type { Timer } from '../../domain/index.ts';

/**
 * Runs `work` with a signal that is aborted after `ms` of process time (with `late()` as reason) or when `outer` is, and
 * settles then at the latest, also where `work` ignores its signal.
 */
export async function withDeadline<T>(
  timer: Timer,
  ms: number,
  outer: AbortSignal | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const over = new AbortController();
  const forward = () => controller.abort(outer?.reason);
  if (outer?.aborted) forward();
  outer?.addEventListener('abort', forward, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(controller.signal.reason);
    if (controller.signal.aborted) fail();
    else controller.signal.addEventListener('abort', fail, { once: true });
  });
  timer.sleep(ms, over.signal).then(
    () => controller.abort(late()),
    () => undefined,
  );
  try {
    return await Promise.race([aborted, controller.signal.aborted ? aborted : work(controller.signal)]);
  } finally {
    over.abort();
    outer?.removeEventListener('abort', forward);
  }
}
