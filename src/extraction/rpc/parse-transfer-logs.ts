import { replyInvalid } from '../reply-schema.ts';
import { readAddress, readWei } from './parse-full-block.ts';
import { readHash, readQuantity } from './quantity.ts';

/** keccak256('Transfer(address,address,uint256)'), ERC-20. */
export const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

export interface TransferLog {
  readonly token: string;
  readonly blockNumber: number;
  readonly transactionHash: string;
  readonly logIndex: number;
  readonly from: string;
  readonly to: string;
  readonly amountWei: bigint;
}

/**
 * Result of `eth_getLogs` for ERC-20 transfers. Logs with four topics (ERC-721) and removed ones are left out.
 * @throws SourceError `rpc.reply_invalid` with the path that is wrong
 */
export function parseTransferLogs(result: unknown): TransferLog[] {
  if (!Array.isArray(result)) throw replyInvalid('rpc.reply_invalid', 'node', [], 'expected a list of logs');
  const logs: TransferLog[] = [];
  for (const [i, value] of result.entries()) {
    const path = [String(i)];
    if (value === null || typeof value !== 'object') throw replyInvalid('rpc.reply_invalid', 'node', path, 'expected a log');
    const log = value as Record<string, unknown>;
    const topics = Array.isArray(log.topics) ? log.topics : [];
    if (topics[0] !== TRANSFER_TOPIC || topics.length !== 3 || log.removed === true) continue;
    logs.push({
      token: readAddress(log.address, [...path, 'address']),
      blockNumber: readQuantity(log.blockNumber, [...path, 'blockNumber']),
      transactionHash: readHash(log.transactionHash, [...path, 'transactionHash']),
      logIndex: readQuantity(log.logIndex, [...path, 'logIndex']),
      from: readAddress(unpad(topics[1]), [...path, 'topics', '1']),
      to: readAddress(unpad(topics[2]), [...path, 'topics', '2']),
      amountWei: readWei(log.data, [...path, 'data']),
    });
  }
  return logs;
}

/** An address out of a 32-byte topic. */
const unpad = (topic: unknown) => (typeof topic === 'string' && topic.length === 66 ? `0x${topic.slice(26)}` : topic);
