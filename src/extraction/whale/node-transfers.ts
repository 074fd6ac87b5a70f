import { SourceError } from '../../domain/index.ts';
import { type FullBlock, parseFullBlock } from '../rpc/parse-full-block.ts';
import { parseTransferLogs, TRANSFER_TOPIC } from '../rpc/parse-transfer-logs.ts';
import type { RpcCall, RpcClient } from '../rpc/rpc-client.ts';
import type { AddressBook } from './address-labels.ts';
import { classifyTransfer, etherOf } from './classify-transfer.ts';
import type { PriceAt } from './price-lookup.ts';
import type { WhaleTransfer } from './whale-transfer.ts';

/** Tokens that are one Ether each. */
export const ETHER_TOKENS: Readonly<Record<string, string>> = {
  '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2': 'WETH',
  '0xae7ab96520de3a18e5e111b5eaab095312d7fe84': 'STETH',
};

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
  readonly amountWei: bigint;
  readonly blockNumber: number;
}

export interface NodeTransfersOptions {
  readonly rpc: RpcClient;
  readonly book: AddressBook;
  /** What a transfer is worth at least, in USD at its time. */
  readonly minValueUsd: number;
}

/** What a run of blocks holds: their headers in order, and their large transfers. */
export interface ScannedBlocks {
  readonly blocks: readonly FullBlock['header'][];
  readonly transfers: readonly WhaleTransfer[];
}

/**
 * Large transfers of blocks first..last: Ether sent by transactions that succeeded, and Transfer logs of wrapped and
 * staked Ether. Ether that contracts send on inside a transaction is not seen (`top-level only`).
 * @throws SourceError `rpc.block_missing`, `rpc.*`
 */
export async function scanTransfers(
  options: NodeTransfersOptions,
  first: number,
  last: number,
  priceAt: PriceAt,
  signal: AbortSignal,
): Promise<ScannedBlocks> {
  const { rpc, book, minValueUsd } = options;
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
  const large = [...(await findNative(rpc, blocks, signal)), ...findTokens(logs)];
  const timeOf = new Map(blocks.map(({ header }) => [header.number, header.timeMs]));
  const transfers = large.flatMap(({ id, symbol, from, to, amountWei, blockNumber }): WhaleTransfer[] => {
    const timeMs = timeOf.get(blockNumber);
    if (timeMs === undefined) return [];
    const amountEth = etherOf(amountWei);
    const amountUsd = amountEth * priceAt(timeMs);
    if (Number.isNaN(amountUsd) ? amountEth < LARGE_WITHOUT_PRICE_ETH : amountUsd < minValueUsd) return [];
    return [{ id, timeMs, symbol, amountEth, amountUsd, ...classifyTransfer(from, to, timeMs, book) }];
  });
  return { blocks: blocks.map(({ header }) => header), transfers };
}

async function findNative(rpc: RpcClient, blocks: readonly FullBlock[], signal: AbortSignal): Promise<Transfer[]> {
  const large = blocks.flatMap(({ header, transactions }) =>
    transactions.flatMap(({ hash, from, to, valueWei }): Transfer[] =>
      to === undefined ? [] : [{ id: hash, symbol: 'ETH', from, to, amountWei: valueWei, blockNumber: header.number }],
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
    address: Object.keys(ETHER_TOKENS),
    topics: [TRANSFER_TOPIC],
  };
  return { method: 'eth_getLogs', params: [filter] };
}

const findTokens = (logs: unknown): Transfer[] =>
  parseTransferLogs(logs).flatMap((log): Transfer[] => {
    const symbol = ETHER_TOKENS[log.token];
    if (symbol === undefined || log.amountWei < CANDIDATE_WEI) return [];
    const { from, to, amountWei, blockNumber } = log;
    return [{ id: `${log.transactionHash}:${log.logIndex}`, symbol, from, to, amountWei, blockNumber }];
  });
