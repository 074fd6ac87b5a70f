import { z } from 'zod';
import { SECOND_MS, SourceError } from '../../domain/index.ts';
import { readReply } from '../reply-schema.ts';
import { flowBetween, type WhaleFlow, type WhaleTransfer } from './whale-transfer.ts';

const party = z.object({ owner: z.string().nullish(), owner_type: z.string().nullish() });
const transaction = z.object({
  blockchain: z.string(),
  symbol: z.string(),
  id: z.union([z.string(), z.int()]).optional(),
  transaction_type: z.string().optional(),
  hash: z.string().min(1),
  from: party.nullish(),
  to: party.nullish(),
  timestamp: z.int().min(0),
  amount: z.number().min(0),
  amount_usd: z.number().min(0).nullish(),
});
const replySchema = z.object({
  result: z.string(),
  message: z.string().optional(),
  cursor: z.string().optional(),
  count: z.int().min(0).optional(),
  transactions: z.array(transaction).optional(),
});

/** Assets that are one Ether each. */
const ETHER_SYMBOLS = new Set(['ETH', 'WETH', 'STETH']);

export interface TransactionsPage {
  /** How many transactions of all chains and assets the page held. */
  readonly count: number;
  readonly cursor: string | undefined;
  /** Those of Ether. */
  readonly transfers: readonly WhaleTransfer[];
}

/**
 * Reply of Whale Alert's `/v1/transactions` -> its transfers of Ether.
 * @throws SourceError `whale_alert.reply_invalid` with the path that is wrong, `whale_alert.key_refused`,
 * `whale_alert.plan_exhausted`, `whale_alert.refused` where a reply with status 200 says an error
 */
export function parseTransactions(body: unknown): TransactionsPage {
  const reply = readReply(replySchema, body, 'whale_alert.reply_invalid', 'Whale Alert');
  if (reply.result !== 'success') throw refused(reply.message ?? reply.result);
  const all = reply.transactions ?? [];
  const transfers = all
    .filter(({ blockchain, symbol }) => blockchain === 'ethereum' && ETHER_SYMBOLS.has(symbol.toUpperCase()))
    .map((one): WhaleTransfer => {
      const hash = one.hash.toLowerCase().replace(/^(0x)?/, '0x');
      return {
        timeMs: one.timestamp * SECOND_MS,
        id: one.id === undefined ? hash : `${hash}:${one.id}`,
        symbol: one.symbol.toUpperCase(),
        amountEth: one.amount,
        amountUsd: one.amount_usd ?? Number.NaN,
        fromOwner: ownerOf(one.from),
        toOwner: ownerOf(one.to),
        flow: flowOf(one),
      };
    });
  return { count: all.length, cursor: reply.cursor, transfers };
}

const ownerOf = (side: z.output<typeof party> | null | undefined): string | null =>
  side?.owner && side.owner_type !== 'unknown' ? side.owner : null;

function flowOf({ transaction_type, from, to }: z.output<typeof transaction>): WhaleFlow {
  if (transaction_type === 'mint' || transaction_type === 'burn') return transaction_type;
  return flowBetween(from?.owner_type === 'exchange', to?.owner_type === 'exchange');
}

function refused(message: string): SourceError {
  const said = message.slice(0, 200);
  if (/key/i.test(message)) {
    return new SourceError('whale_alert.key_refused', `Whale Alert refuses the key: ${said}`, {
      hint: 'Set ETS_WHALE_ALERT_API_KEY to a valid key, or leave it out and use a node.',
    });
  }
  if (/limit|usage|quota|plan|exceed/i.test(message)) {
    return new SourceError('whale_alert.plan_exhausted', `Whale Alert: the plan does not allow this: ${said}`, {
      hint: 'Wait for the next period of the plan, or use a node for older blocks.',
    });
  }
  return new SourceError('whale_alert.refused', `Whale Alert refused: ${said}`);
}
