import { SourceError } from '../../domain/index.ts';
import { type FullBlock, parseFullBlock } from '../rpc/parse-full-block.ts';
import { parseInternalTransfers } from '../rpc/parse-internal-transfers.ts';
import { parseTransferLogs, TRANSFER_TOPIC } from '../rpc/parse-transfer-logs.ts';
import type { Rpc, RpcCall } from '../rpc/rpc.ts';
import type { AddressBook } from './address-labels.ts';
import { classifyTransfer } from './classify-transfer.ts';
import type { PriceAt } from './price-lookup.ts';
import { amountOf, etherOf, isEther, TOKENS } from './tokens.ts';
import type { WhaleTransfer } from './whale-transfer.ts';

/** Less than this is never large, whatever the price: it spares looking further. */
export const CANDIDATE_WEI = 20n * 10n ** 18n;
/** Where no price is known, this much Ether is large. */
const LARGE_WITHOUT_PRICE_ETH = 200;

const hex = (value: number) => `0x${value.toString(16)}`;

interface Transfer {
  readonly id: string;
  readonly symbol: string;
  readonly from: string;
  readonly to: string;
  /** In Ether, or in dollars where it is of a stablecoin. */
  readonly amount: number;
  readonly blockNumber: number;
}

export interface NodeTransfersOptions {
  readonly rpc: Rpc;
  readonly book: AddressBook;
  /** What a transfer is worth at least, in USD at its time. */
  readonly minValueUsd: number;
  /** Whether the node has `trace_block`, by which Ether is seen that contracts send on. */
  readonly traces?: boolean;
}

/** What a run of blocks holds: their headers in order, and their large transfers. */
export interface ScannedBlocks {
  readonly blocks: readonly FullBlock['header'][];
  readonly transfers: readonly WhaleTransfer[];
}

/**
 * Large transfers of blocks first..last: Ether sent by transactions that succeeded, and Transfer logs of wrapped and
 * staked Ether and of stablecoins. Ether that contracts send on inside a transaction is seen only with `traces`.
 * @throws SourceError `rpc.block_missing`, `rpc.*`
 */
export async function scanTransfers(
  options: NodeTransfersOptions,
  first: number,
  last: number,
  priceAt: PriceAt,
  signal: AbortSignal,
): Promise<ScannedBlocks> {
  const { rpc, book, minValueUsd, traces = false } = options;
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const [logs, ...results] = await rpc.batch(
    [tokenLogs(first, last), ...numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [hex(number), true] }))],
    signal,
  );
  const blocks = results.map((result, i) => {
    const block = parseFullBlock(result, CANDIDATE_WEI, [String(i), 'result']);
    if (block?.header.number === numbers[i]) return block!;
    throw new SourceError('rpc.block_missing', `the node does not have block ${numbers[i]}`, { details: { number: numbers[i] } });
  });
  const internal = traces ? await findInternal(rpc, numbers, signal) : [];
  const large = [...(await findNative(rpc, blocks, signal)), ...internal, ...findTokens(logs)];
  const timeOf = new Map(blocks.map(({ header }) => [header.number, header.timeMs]));
  const transfers = large.flatMap(({ id, symbol, from, to, amount, blockNumber }): WhaleTransfer[] => {
    const timeMs = timeOf.get(blockNumber);
    if (timeMs === undefined) return [];
    const price = priceAt(timeMs);
    const [amountEth, amountUsd] = isEther({ symbol }) ? [amount, amount * price] : [amount / price, amount];
    if (Number.isNaN(amountUsd) ? amountEth < LARGE_WITHOUT_PRICE_ETH : amountUsd < minValueUsd) return [];
    return [{ id, timeMs, symbol, amountEth, amountUsd, ...classifyTransfer(from, to, timeMs, book) }];
  });
  return { blocks: blocks.map(({ header }) => header), transfers };
}

async function findNative(rpc: Rpc, blocks: readonly FullBlock[], signal: AbortSignal): Promise<Transfer[]> {
  const large = blocks.flatMap(({ header, transactions }) =>
    transactions.flatMap(({ hash, from, to, valueWei }): Transfer[] =>
      to === undefined ? [] : [{ id: hash, symbol: 'ETH', from, to, amount: etherOf(valueWei), blockNumber: header.number }],
    ),
  );
  if (large.length === 0) return [];
  const receipts = await rpc.batch(
    large.map(({ id }) => ({ method: 'eth_getTransactionReceipt', params: [id] })),
    signal,
  );
  return large.filter((_, i) => !hasFailed(receipts[i]));
}

/** Receipts before Byzantium have no status; they count as done. */
const hasFailed = (receipt: unknown): boolean =>
  receipt !== null && typeof receipt === 'object' && 'status' in receipt && receipt.status === '0x0';

function tokenLogs(first: number, last: number): RpcCall {
  const filter = {
    fromBlock: hex(first),
    toBlock: hex(last),
    address: [...TOKENS.keys()],
    topics: [TRANSFER_TOPIC],
  };
  return { method: 'eth_getLogs', params: [filter] };
}

const findTokens = (logs: unknown): Transfer[] =>
  parseTransferLogs(logs).flatMap((log): Transfer[] => {
    const token = TOKENS.get(log.token);
    if (!token) return [];
    const amount = amountOf(log.amountWei, token.decimals);
    const { from, to, blockNumber } = log;
    return [{ id: `${log.transactionHash}:${log.logIndex}`, symbol: token.symbol, from, to, amount, blockNumber }];
  });

async function findInternal(rpc: Rpc, numbers: readonly number[], signal: AbortSignal): Promise<Transfer[]> {
  const results = await rpc.batch(
    numbers.map((number) => ({ method: 'trace_block', params: [hex(number)] })),
    signal,
  );
  return results.flatMap((result, i) =>
    parseInternalTransfers(result, CANDIDATE_WEI, [String(i), 'result']).map(
      ({ transactionHash, place, from, to, valueWei }) => ({
        id: `${transactionHash}:internal-${place}`,
        symbol: 'ETH',
        from,
        to,
        amount: etherOf(valueWei),
        blockNumber: numbers[i]!,
      }),
    ),
  );
}
