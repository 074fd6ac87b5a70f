import type { TimeMs } from '../../domain/index.ts';
import type { WorldTransfer } from '../world/chain.ts';
import type { World } from '../world/world.ts';
import type { SandboxHandler, SandboxReply } from './http-host.ts';

const MAX_LIMIT = 100;
const DEFAULT_MIN_USD = 500_000;

const failure = (status: number, message: string): SandboxReply => ({ status, body: { result: 'error', message } });

/** Whale Alert's `/v1/transactions`: the large transfers of the chain's blocks, paged by cursor. Any key is taken. */
export const whaleAlertHandler =
  (world: World, nowMs: () => TimeMs): SandboxHandler =>
  ({ path, query, headers }) => {
    if (!query.get('api_key') && !headers['x-wa-api-key']) return failure(401, 'invalid api_key');
    if (path === '/v1/status')
      return {
        status: 200,
        body: {
          result: 'success',
          blockchain_count: 1,
          blockchains: [{ name: 'ethereum', symbols: ['eth'], status: 'connected' }],
        },
      };
    if (path !== '/v1/transactions') return failure(404, 'not found');
    const now = nowMs();
    const startMs = Number(query.get('start')) * 1000;
    if (!(startMs > 0)) return failure(400, 'invalid parameter: start');
    const endMs = Math.min(now, Number(query.get('end') ?? now / 1000) * 1000);
    const minUsd = Number(query.get('min_value') ?? DEFAULT_MIN_USD);
    const limit = Math.min(MAX_LIMIT, Math.max(1, Number(query.get('limit') ?? MAX_LIMIT)));
    const [fromBlock = -1, fromIndex = -1] = (query.get('cursor') ?? '')
      .split('-')
      .slice(0, 2)
      .map((part) => Number.parseInt(part || '-1', 16));
    const found: Record<string, unknown>[] = [];
    let last: WorldTransfer | undefined;
    for (
      let number = firstBlock(world, startMs);
      number <= world.chain.finalizedAt(now) && world.chain.timestampMs(number) < endMs;
      number++
    ) {
      for (const transfer of world.chain.transfers(number)) {
        const amountUsd = transfer.amountEth * world.path.priceAt(transfer.timestampMs);
        const isSeen = number < fromBlock || (number === fromBlock && transfer.index <= fromIndex);
        if (amountUsd < minUsd || isSeen || found.length >= limit) continue;
        found.push(asTransaction(transfer, amountUsd));
        last = transfer;
      }
    }
    const cursor = last ? `${last.blockNumber.toString(16)}-${last.index.toString(16)}` : (query.get('cursor') ?? '0-0');
    return { status: 200, body: { result: 'success', cursor, count: found.length, transactions: found } };
  };

const firstBlock = ({ chain }: World, startMs: TimeMs): number => Math.max(0, chain.headAt(startMs - 1) + 1);

function asTransaction(transfer: WorldTransfer, amountUsd: number): Record<string, unknown> {
  const party = (address: string, owner: string | null) => ({
    address: address.slice(2),
    ...(owner ? { owner, owner_type: 'exchange' } : { owner_type: 'unknown' }),
  });
  return {
    blockchain: 'ethereum',
    symbol: transfer.token?.symbol ?? 'eth',
    id: String(transfer.blockNumber * 1000 + transfer.index),
    transaction_type: 'transfer',
    hash: transfer.hash.slice(2),
    from: party(transfer.from, transfer.fromOwner),
    to: party(transfer.to, transfer.toOwner),
    timestamp: transfer.timestampMs / 1000,
    amount: transfer.amountEth,
    amount_usd: amountUsd,
    transaction_count: 1,
  };
}
