import { randomUUID } from 'node:crypto';

/** A mark as it stands in names: of which process, and something of its own. */
const MARK = /^(\d+)-[\w-]+$/;

/** What this process is writing: its own process id may also be that of one that was killed earlier. */
const underWay = new Set<string>();

/** Runs `write` with a mark for the names of what is not finished yet, so that what a kill leaves of it can be told. */
export async function withWriteMark<T>(write: (mark: string) => Promise<T>): Promise<T> {
  const mark = `${process.pid}-${randomUUID()}`;
  underWay.add(mark);
  try {
    return await write(mark);
  } finally {
    underWay.delete(mark);
  }
}

/** Whether this is the mark of a write that nobody will finish. Other text is no mark. */
export function isAbandonedMark(mark: string): boolean {
  const pid = MARK.exec(mark)?.[1];
  if (pid === undefined) return false;
  if (Number(pid) === process.pid) return !underWay.has(mark);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}
