import { z } from 'zod';
import type { WorldBlock, WorldTransfer } from '../world/chain.ts';

/** keccak256('Transfer(address,address,uint256)'), ERC-20. */
const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
/** First four bytes of keccak256('transfer(address,uint256)'). */
const TRANSFER_SELECTOR = '0xa9059cbb';

const word = (quantity: string): string => quantity.slice(2).padStart(64, '0');
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Ether as a hexadecimal quantity of wei. */
export const wei = (eth: number): string => `0x${(BigInt(Math.round(eth * 1e9)) * 1_000_000_000n).toString(16)}`;

/** What the transaction of a token's transfer says to its contract. */
export const transferCall = ({ to, amountEth }: WorldTransfer): string =>
  `${TRANSFER_SELECTOR}${word(to)}${word(wei(amountEth))}`;

/** A log as JSON-RPC shows it. */
export interface RpcLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly transactionIndex: string;
  readonly logIndex: string;
  readonly removed: boolean;
}

/** The logs that a transfer leaves in its block: one where a token moved. A block has at most one. */
export function logsOf(block: WorldBlock, transfer: WorldTransfer): RpcLog[] {
  if (!transfer.token) return [];
  return [
    {
      address: transfer.token.address,
      topics: [TRANSFER_TOPIC, `0x${word(transfer.from)}`, `0x${word(transfer.to)}`],
      data: `0x${word(wei(transfer.amountEth))}`,
      blockNumber: hex(block.number),
      blockHash: block.hash,
      transactionHash: transfer.hash,
      transactionIndex: hex(transfer.index),
      logIndex: '0x0',
      removed: false,
    },
  ];
}

const oneOrMore = z.union([z.string(), z.array(z.string())]);
const filterSchema = z.looseObject({
  address: oneOrMore.nullish(),
  topics: z.array(oneOrMore.nullable()).nullish(),
  fromBlock: z.string().optional(),
  toBlock: z.string().optional(),
  blockHash: z.string().optional(),
});

export type LogFilter = z.output<typeof filterSchema>;

/** A filter of `eth_getLogs` or a subscription to logs; `undefined` where it is none. */
export function readLogFilter(value: unknown): LogFilter | undefined {
  const parsed = filterSchema.safeParse(value ?? {});
  return parsed.success ? parsed.data : undefined;
}

/** Whether a log is among those that a filter asks for by address and topics. */
export function matchesLog({ address, topics }: LogFilter, log: RpcLog): boolean {
  const isOneOf = (wanted: string | readonly string[] | null | undefined, actual: string | undefined) =>
    wanted == null || wanted.length === 0 || [wanted].flat().some((one) => one.toLowerCase() === actual);
  return isOneOf(address, log.address) && (topics ?? []).every((wanted, i) => isOneOf(wanted, log.topics[i]));
}
