import type { Timer } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import { FallbackRpc } from './fallback-rpc.ts';
import type { Rpc } from './rpc.ts';
import { RpcClient } from './rpc-client.ts';

/** Tries of one request where another node stands by; a node alone gets more. */
const ATTEMPTS_WITH_FALLBACK = 3;

/** One node, or several in the order of preference. */
export function createRpc(urls: readonly string[], http: HttpClient, timer: Timer, chainId?: number): Rpc {
  const chain = chainId === undefined ? {} : { chainId };
  const [only] = urls;
  if (urls.length === 1 && only !== undefined) return new RpcClient(http, only, chain);
  const nodes = urls.map(
    (url, i) => new RpcClient(http, url, { ...chain, source: `rpc ${i + 1}`, maxAttempts: ATTEMPTS_WITH_FALLBACK }),
  );
  return new FallbackRpc(nodes, timer);
}
