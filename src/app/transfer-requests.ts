import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError, ConfigError, InvariantError } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

export interface TransferRequest {
  readonly asset: 'USDT' | 'ETH';
  /** A decimal amount, given to the system or, negative, taken from it. */
  readonly amount: string;
  /** Whoever asks again with the same one is told what became of the first; one of its own unless told. */
  readonly requestId?: string | undefined;
}

/** What was booked. */
export interface BookedTransfer {
  readonly requestId: string;
  readonly asset: string;
  readonly amount: string;
  readonly valueUsd: string;
  readonly owned: { readonly eth: string; readonly usd: string };
}

/** Requests lie in a folder of the data directory as files, and so do their answers, so that no port or token is needed. */
const REQUEST = /^transfer-([\w-]{1,64})\.json$/;
const requestPath = ({ dataDir }: Where, id: string) => join(dataDir, PATHS.requests, `transfer-${id}.json`);
const answerPath = ({ dataDir }: Where, id: string) => join(dataDir, PATHS.requests, `transfer-${id}.answer`);

type Where = Pick<AppParts, 'dataDir'>;

const requestSchema = z.object({ asset: z.enum(['USDT', 'ETH']), amount: z.string().regex(/^-?\d+(\.\d+)?$/) });
const answerSchema = z.union([
  z.object({
    requestId: z.string(),
    asset: z.string(),
    amount: z.string(),
    valueUsd: z.string(),
    owned: z.object({ eth: z.string(), usd: z.string() }),
  }),
  z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }) }),
]);

/** Writes down that a transfer is to be booked, for whoever trades on the data directory. */
export async function askToTransfer(where: Where, { asset, amount, requestId }: Required<TransferRequest>): Promise<void> {
  await mkdir(join(where.dataDir, PATHS.requests), { recursive: true });
  await writeFileAtomic(requestPath(where, requestId!), `${JSON.stringify({ asset, amount })}\n`);
}

/** Takes back a request that nobody has taken yet. */
export const withdrawTransfer = (where: Where, requestId: string): Promise<void> =>
  rm(requestPath(where, requestId), { force: true });

/** What became of a request; nothing where nobody has taken it yet. An answer is given once. @throws ConfigError as it was refused */
export async function answerOf(where: Where, requestId: string): Promise<BookedTransfer | undefined> {
  const path = answerPath(where, requestId);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  await rm(path, { force: true });
  const answer = answerSchema.parse(JSON.parse(text));
  if (!('error' in answer)) return answer;
  const { code, message, hint } = answer.error;
  throw new ConfigError(code, message, hint === undefined ? {} : { hint });
}

/**
 * Books every transfer that is asked for. One that is refused is answered with why; what fails otherwise stays asked for.
 * @returns what was asked for, and whether it was booked
 */
export async function takeTransferRequests(
  where: Where,
  book: (request: TransferRequest) => Promise<BookedTransfer>,
): Promise<readonly { readonly requestId: string; readonly isBooked: boolean }[]> {
  const names = await readdir(join(where.dataDir, PATHS.requests)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const taken: { requestId: string; isBooked: boolean }[] = [];
  for (const name of names.sort()) {
    const requestId = REQUEST.exec(name)?.[1];
    if (requestId === undefined) continue;
    const request = await readRequest(where, requestId);
    const answer = await bookOr(request, book);
    await writeFileAtomic(answerPath(where, requestId), `${JSON.stringify(answer)}\n`);
    await rm(requestPath(where, requestId), { force: true });
    taken.push({ requestId, isBooked: !('error' in answer) });
  }
  return taken;
}

async function bookOr(request: TransferRequest | undefined, book: (request: TransferRequest) => Promise<BookedTransfer>) {
  try {
    if (request) return await book(request);
    throw new ConfigError('transfer.bad_request', 'the request for a transfer cannot be read', { hint: 'Use `ets transfer`.' });
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof InvariantError) throw error;
    return { error: { code: error.code, message: error.message, hint: error.hint } };
  }
}

/** Nothing where it is none. */
async function readRequest(where: Where, requestId: string): Promise<TransferRequest | undefined> {
  const text = await readFile(requestPath(where, requestId), 'utf8');
  try {
    return { ...requestSchema.parse(JSON.parse(text)), requestId };
  } catch {
    return undefined;
  }
}
