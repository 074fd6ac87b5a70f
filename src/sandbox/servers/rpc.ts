import type { TimeMs } from '../../domain/index.ts';
import type { Chain, WorldBlock, WorldTransfer } from '../world/chain.ts';
import type { World } from '../world/world.ts';
import type { SandboxHandler } from './http-host.ts';
import { logsOf, matchesLog, readLogFilter, transferCall, wei } from './rpc-logs.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;
const ZERO_WORD = `0x${'0'.repeat(64)}`;
const NO_LOGS = `0x${'0'.repeat(512)}`;
const EMPTY_LIST = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const PRIORITY_FEE_WEI = 1_000_000_000;
/** The nominal fee history that one call gives, as nodes have it. */
const MAX_FEE_HISTORY = 1_024;
const NATIVE_GAS = 21_000;
const TOKEN_GAS = 52_000;
/** Most blocks that one request for logs may cover. */
const MAX_LOG_BLOCKS = 10_000;

class RpcFailure extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

type Method = (params: readonly unknown[], nowMs: TimeMs) => string;

/** An Ethereum node's JSON-RPC, single calls and batches. Results are JSON texts: thousands of headers go out a second. */
export function rpcHandler(world: World, nowMs: () => TimeMs): SandboxHandler {
  const answer = rpcAnswer(world, nowMs);
  return ({ method, body }) => {
    if (method !== 'POST') return { status: 405, body: { error: 'POST only' } };
    return { status: 200, body: answer(body) };
  };
}

/** A request text, single or batch, as the reply text. */
export function rpcAnswer(world: World, nowMs: () => TimeMs): (body: string) => string {
  const methods = rpcMethods(world);
  const one = (call: unknown): string => {
    const {
      id = null,
      method = '',
      params = [],
    } = (typeof call === 'object' && call !== null ? call : {}) as { id?: unknown; method?: string; params?: unknown[] };
    const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},`;
    try {
      const run = methods[method];
      if (!run) throw new RpcFailure(-32601, `the method ${method} does not exist/is not available`);
      return `${head}"result":${run(params, nowMs())}}`;
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      return `${head}"error":${JSON.stringify({ code: error.code, message: error.message })}}`;
    }
  };
  return (body) => {
    let calls: unknown;
    try {
      calls = JSON.parse(body);
    } catch {
      return '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}';
    }
    return Array.isArray(calls) ? `[${calls.map(one).join(',')}]` : one(calls);
  };
}

function rpcMethods(world: World): Readonly<Record<string, Method>> {
  const { chain } = world;
  const text = (value: string) => JSON.stringify(value);
  const block = (number: number | undefined, full: boolean, now: TimeMs): string =>
    number === undefined ? 'null' : renderBlock(chain, chain.blockAt(number, now), full);
  return {
    eth_chainId: () => text('0x1'),
    net_version: () => text('1'),
    web3_clientVersion: () => text('Sandbox/v1.0.0'),
    eth_syncing: () => 'false',
    eth_blockNumber: (_params, now) => text(hex(chain.headAt(now))),
    eth_gasPrice: (_params, now) => text(hex(chain.blockAt(chain.headAt(now), now).baseFeeWei + PRIORITY_FEE_WEI)),
    eth_maxPriorityFeePerGas: () => text(hex(PRIORITY_FEE_WEI)),
    eth_getBalance: () => text(wei(1)),
    eth_getBlockByNumber: ([tag, full], now) => block(findBlock(chain, tag, now), full === true, now),
    eth_getBlockByHash: ([hash, full], now) => block(chain.numberOf(String(hash), now), full === true, now),
    eth_getBlockTransactionCountByNumber: ([tag], now) => {
      const number = findBlock(chain, tag, now);
      return number === undefined ? 'null' : text(hex(chain.blockAt(number, now).txCount));
    },
    eth_getBlockReceipts: ([tag], now) => {
      const number = findBlock(chain, tag, now);
      return number === undefined
        ? 'null'
        : JSON.stringify(chain.transfers(number).map((transfer) => receipt(chain, transfer, now)));
    },
    eth_getTransactionByHash: ([hash], now) => JSON.stringify(findTransfer(chain, String(hash), now, transaction)),
    eth_getTransactionReceipt: ([hash], now) => JSON.stringify(findTransfer(chain, String(hash), now, receipt)),
    eth_getLogs: ([filter], now) => JSON.stringify(findLogs(chain, filter, now)),
    eth_feeHistory: ([count, newest, percentiles], now) =>
      feeHistory(chain, Number(count), findBlock(chain, newest, now), percentiles, now),
  };
}

/** Number of a block tag, undefined where there is no such block yet. */
function findBlock(chain: Chain, tag: unknown, now: TimeMs): number | undefined {
  const head = chain.headAt(now);
  switch (tag) {
    case 'latest':
    case 'pending':
      return head;
    case 'safe':
    case 'finalized':
      return chain.finalizedAt(now);
    case 'earliest':
      return 0;
  }
  if (typeof tag !== 'string' || !/^0x[0-9a-f]{1,13}$/i.test(tag))
    throw new RpcFailure(-32602, `invalid block number: ${JSON.stringify(tag)}`);
  const number = Number(tag);
  return number <= head ? number : undefined;
}

function findTransfer<T>(
  chain: Chain,
  hash: string,
  now: TimeMs,
  render: (chain: Chain, transfer: WorldTransfer, now: TimeMs) => T,
): T | null {
  const found = chain.transferOf(hash, now);
  return found ? render(chain, found, now) : null;
}

function renderBlock(chain: Chain, block: WorldBlock, full: boolean): string {
  const { number, txCount } = block;
  const transactions = full
    ? JSON.stringify(chain.transfers(number).map((transfer) => transactionOf(block, transfer)))
    : `[${Array.from({ length: txCount }, (_, index) => `"${chain.transactionHash(number, index)}"`).join(',')}]`;
  return `{${renderHeader(block)},"totalDifficulty":"0xc70d815d562d3cfa955","size":"${hex(600 + 110 * txCount)}","uncles":[],"transactions":${transactions}}`;
}

/** The fields of a header, as `newHeads` has them and blocks begin with; without braces. */
export function renderHeader(block: WorldBlock): string {
  const { number, timestampMs, hash, parentHash, gasLimit, gasUsed, baseFeeWei } = block;
  return `"number":"${hex(number)}","hash":"${hash}","parentHash":"${parentHash}","nonce":"0x0000000000000000","sha3Uncles":"${EMPTY_LIST}","logsBloom":"${NO_LOGS}","transactionsRoot":"${hash}","stateRoot":"${hash}","receiptsRoot":"${hash}","miner":"0x95222290dd7278aa3ddd389cc1e1d165cc4bafe5","difficulty":"0x0","extraData":"0x","gasLimit":"${hex(gasLimit)}","gasUsed":"${hex(gasUsed)}","timestamp":"${hex(timestampMs / 1000)}","baseFeePerGas":"${hex(baseFeeWei)}","blobGasUsed":"0x0","excessBlobGas":"0x0","mixHash":"${ZERO_WORD}"`;
}

const transaction = (chain: Chain, transfer: WorldTransfer, now: TimeMs) =>
  transactionOf(chain.blockAt(transfer.blockNumber, now), transfer);

function transactionOf(block: WorldBlock, transfer: WorldTransfer): Record<string, unknown> {
  const gasPrice = hex(block.baseFeeWei + PRIORITY_FEE_WEI);
  return {
    blockHash: block.hash,
    blockNumber: hex(transfer.blockNumber),
    from: transfer.from,
    gas: hex(gasOf(transfer)),
    gasPrice,
    maxFeePerGas: gasPrice,
    maxPriorityFeePerGas: hex(PRIORITY_FEE_WEI),
    hash: transfer.hash,
    input: transfer.token ? transferCall(transfer) : '0x',
    nonce: hex(transfer.index),
    to: transfer.token?.address ?? transfer.to,
    transactionIndex: hex(transfer.index),
    value: transfer.token ? '0x0' : wei(transfer.amountEth),
    type: '0x2',
    accessList: [],
    chainId: '0x1',
    v: '0x0',
    yParity: '0x0',
    r: ZERO_WORD,
    s: ZERO_WORD,
  };
}

function receipt(chain: Chain, transfer: WorldTransfer, now: TimeMs): Record<string, unknown> {
  const block = chain.blockAt(transfer.blockNumber, now);
  return {
    blockHash: block.hash,
    blockNumber: hex(transfer.blockNumber),
    contractAddress: null,
    cumulativeGasUsed: hex(NATIVE_GAS * (transfer.index + 1)),
    effectiveGasPrice: hex(block.baseFeeWei + PRIORITY_FEE_WEI),
    from: transfer.from,
    gasUsed: hex(gasOf(transfer)),
    logs: logsOf(block, transfer),
    logsBloom: NO_LOGS,
    status: '0x1',
    to: transfer.token?.address ?? transfer.to,
    transactionHash: transfer.hash,
    transactionIndex: hex(transfer.index),
    type: '0x2',
  };
}

const gasOf = ({ token }: WorldTransfer): number => (token ? TOKEN_GAS : NATIVE_GAS);

function findLogs(chain: Chain, wanted: unknown, now: TimeMs): unknown[] {
  const filter = readLogFilter(wanted);
  if (!filter) throw new RpcFailure(-32602, 'invalid filter');
  const head = chain.headAt(now);
  const byHash = filter.blockHash === undefined ? undefined : chain.numberOf(filter.blockHash, now);
  if (filter.blockHash !== undefined && byHash === undefined) throw new RpcFailure(-32000, 'unknown block');
  const first = byHash ?? findBlock(chain, filter.fromBlock ?? 'latest', now) ?? head + 1;
  const last = byHash ?? findBlock(chain, filter.toBlock ?? 'latest', now) ?? head;
  if (last - first >= MAX_LOG_BLOCKS) throw new RpcFailure(-32005, `query exceeds max block range ${MAX_LOG_BLOCKS}`);
  const found: unknown[] = [];
  for (let number = first; number <= last; number++) {
    for (const transfer of chain.transfers(number)) {
      if (!transfer.token) continue;
      found.push(...logsOf(chain.blockAt(number, now), transfer).filter((log) => matchesLog(filter, log)));
    }
  }
  return found;
}

function feeHistory(chain: Chain, wanted: number, newest: number | undefined, percentiles: unknown, now: TimeMs): string {
  if (newest === undefined || !(wanted > 0)) throw new RpcFailure(-32602, 'invalid fee history request');
  const count = Math.min(wanted, MAX_FEE_HISTORY, newest + 1);
  const oldest = newest - count + 1;
  const blocks = Array.from({ length: count }, (_, i) => chain.blockAt(oldest + i, now));
  const baseFees = [...blocks.map(({ baseFeeWei }) => baseFeeWei), blocks.at(-1)!.baseFeeWei].map(hex);
  const rewards = Array.isArray(percentiles) ? { reward: blocks.map(() => percentiles.map(() => hex(PRIORITY_FEE_WEI))) } : {};
  return JSON.stringify({
    oldestBlock: hex(oldest),
    baseFeePerGas: baseFees,
    gasUsedRatio: blocks.map(({ gasUsed, gasLimit }) => gasUsed / gasLimit),
    ...rewards,
  });
}
