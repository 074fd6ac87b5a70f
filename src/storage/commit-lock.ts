import { randomUUID } from 'node:crypto';
import { appendFile, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError, type Timer } from '../domain/index.ts';
import { fileErrorCode, writeFailure } from './storage-failure.ts';

const ticketSchema = z.object({
  token: z.string(),
  pid: z.number(),
  host: z.string(),
  bornTicks: z.string(),
  released: z.boolean(),
});
type Ticket = z.infer<typeof ticketSchema>;

const POLL_MS = 10;
const HEARTBEAT_MS = 5_000;
/** A holder on another machine (or in another container) counts as dead when its heartbeat stood still for so long. */
export const FOREIGN_STALE_MS = 30_000;

/** Start time of a process in clock ticks: tells a process from a later one with the same number. '' where unknown. */
async function bornTicks(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function isAlive(ticket: Ticket): Promise<boolean> {
  try {
    process.kill(ticket.pid, 0);
  } catch (error) {
    return fileErrorCode(error) === 'EPERM';
  }
  const born = await bornTicks(ticket.pid);
  return born === '' || ticket.bornTicks === '' || born === ticket.bornTicks;
}

async function highestTicket(directory: string): Promise<number> {
  const names = await readdir(directory);
  return names.reduce((highest, name) => (/^\d+$/.test(name) ? Math.max(highest, Number(name)) : highest), 0);
}

/** A ticket that is gone or unreadable was never held: tickets appear whole, by link. */
async function readTicket(path: string): Promise<Ticket | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    return ticketSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Who holds a lock now, without taking it. A holder on another machine counts as long as it has not given the lock back:
 * whether it lives can only be seen by waiting.
 */
export async function commitLockOwner(directory: string): Promise<{ readonly pid: number; readonly host: string } | undefined> {
  const highest = await highestTicket(directory).catch(() => 0);
  const ticket = highest === 0 ? undefined : await readTicket(join(directory, String(highest)));
  if (ticket === undefined || ticket.released) return undefined;
  return ticket.host !== hostname() || (await isAlive(ticket)) ? { pid: ticket.pid, host: ticket.host } : undefined;
}

export interface LockOptions {
  readonly timer: Timer;
  /** How long to wait for another holder; 60 s unless told. */
  readonly waitMs?: number;
}

/**
 * A lock between processes, held for one commit. The directory holds numbered tickets; the highest one is the state.
 * Whoever finds it released, or its holder dead, links the next number, which only one can do. A holder that was killed
 * is recognised by its process number and start time, on another machine by a heartbeat that stands still.
 * @returns the function that releases it
 * @throws DataError `storage.busy` after `waitMs`
 */
export async function acquireCommitLock(directory: string, options: LockOptions): Promise<() => Promise<void>> {
  const { timer, waitMs = 60_000 } = options;
  const ticket: Ticket = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    bornTicks: await bornTicks(process.pid),
    released: false,
  };
  const own = join(directory, `.ticket.${ticket.token}.tmp`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(own, JSON.stringify(ticket));
    const number = await waitForTurn(directory, own, timer, waitMs);
    return await hold(directory, number, ticket);
  } catch (error) {
    throw writeFailure(error, directory);
  } finally {
    await rm(own, { force: true }).catch(() => undefined);
  }
}

async function waitForTurn(directory: string, own: string, timer: Timer, waitMs: number): Promise<number> {
  const startMs = timer.elapsedMs();
  let seen = { signature: '', atMs: startMs };
  while (true) {
    const highest = await highestTicket(directory);
    const path = join(directory, String(highest));
    const holder = highest === 0 ? undefined : await readTicket(path);
    const signature = await stat(path).then(
      (info) => `${highest}:${info.size}`,
      () => `${highest}:gone`,
    );
    if (signature !== seen.signature) seen = { signature, atMs: timer.elapsedMs() };
    const isHeld =
      holder !== undefined &&
      !holder.released &&
      (holder.host === hostname() ? await isAlive(holder) : timer.elapsedMs() - seen.atMs < FOREIGN_STALE_MS);
    if (!isHeld && (await takeTicket(directory, own, highest + 1))) return highest + 1;
    if (timer.elapsedMs() - startMs > waitMs) {
      throw new DataError('storage.busy', `process ${holder?.pid ?? '?'} has been writing to this data directory for too long`, {
        hint: 'Wait until it is done, or end that process, and run the command again.',
        details: { directory, holder },
      });
    }
    if (isHeld) await timer.sleep(POLL_MS);
  }
}

/** Old tickets are deleted by later holders, so a number can be linked anew: the ticket counts only as the highest. */
async function takeTicket(directory: string, own: string, number: number): Promise<boolean> {
  try {
    await link(own, join(directory, String(number)));
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
  if ((await highestTicket(directory)) === number) return true;
  await rm(join(directory, String(number)), { force: true });
  return false;
}

async function hold(directory: string, number: number, ticket: Ticket): Promise<() => Promise<void>> {
  const path = join(directory, String(number));
  for (const name of await readdir(directory)) {
    if (/^\d+$/.test(name) && Number(name) < number) await rm(join(directory, name), { force: true });
  }
  const heartbeat = setInterval(() => void appendFile(path, ' ').catch(() => undefined), HEARTBEAT_MS);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    const temporary = join(directory, `.released.${ticket.token}.tmp`);
    try {
      await writeFile(temporary, JSON.stringify({ ...ticket, released: true }));
      await rename(temporary, path);
    } catch {
      await rm(path, { force: true }).catch(() => undefined);
    }
  };
}
