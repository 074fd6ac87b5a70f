/** How long a command may take to end once it was told to, in process time; supervisors kill after ten seconds or more. */
const STOP_WITHIN_MS = 9_000;

/**
 * Aborts `stop` at SIGINT or SIGTERM. A command that has not ended nine seconds later, since something that it waits for
 * does not answer, is ended by `endLate`: what it was doing is in the journal, or was not begun.
 * @returns the function that lets go of the signals
 */
export function stopInTime(stop: AbortController, endLate: () => void): () => void {
  let late: NodeJS.Timeout | undefined;
  const onSignal = () => {
    stop.abort();
    late ??= setTimeout(endLate, STOP_WITHIN_MS);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    clearTimeout(late);
  };
}
