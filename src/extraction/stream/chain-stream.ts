import {
  AppError,
  type Clock,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  type Rng,
  type RowBatch,
  type TimeMs,
  type Timer,
} from '../../domain/index.ts';
import { BlockSource } from '../blockchain/block-source.ts';
import { type BlockHeader, parseBlockHeader } from '../rpc/parse-block-header.ts';
import type { TransferLog } from '../rpc/parse-transfer-logs.ts';
import type { Rpc } from '../rpc/rpc.ts';
import type { AddressBook } from '../whale/address-labels.ts';
import { scanTransfers } from '../whale/node-transfers.ts';
import { type CandleStore, readPrices } from '../whale/price-lookup.ts';
import { type WhaleTransfer, whaleBatch } from '../whale/whale-transfer.ts';
import type { ChainMessage } from './connect-node.ts';
import { HeadChain } from './head-chain.ts';
import { MicroBatch, type StreamStore } from './micro-batch.ts';
import type { ChainHead } from './parse-node-message.ts';
import type { StreamStatus } from './stream-status.ts';
import { type ConnectStream, type StreamBackoff, superviseStream } from './supervise-stream.ts';
import type { WatchdogLimits } from './watchdog.ts';

/** Final blocks as they came, and the large transfers in them. Apart from the tables that features read. */
const LIVE_BLOCKS = { dataset: 'live_blocks', series: 'node:eth:block', periodMs: 0 } as const;
const LIVE_TRANSFERS = { dataset: 'live_transfers', series: 'node:eth:tx', periodMs: 0 } as const;

const QUEUE_CAPACITY = 4_096;
/** Blocks in one request for what is in them. */
const SCAN_BLOCKS = 25;
/** A hole at the end of what is stored that is longer than this is left: a day of the main network. */
const REACH_BLOCKS = 7_200;
/** Parents asked for one by one before the memory of heads begins anew. */
const MAX_PARENTS = 64;
/** Without a new block: at least three minutes, and until the spacing is known two hours. */
const LEAST_PATIENCE_MS = 3 * MINUTE_MS;
const UNKNOWN_PATIENCE_MS = 2 * HOUR_MS;
const REPAIR_PAUSE_MS = 5_000;
const REPAIR_TIMEOUT_MS = 60_000;

/** What listeners are told at once, before it is final. */
export type ChainEvent =
  | { readonly kind: 'reorg'; readonly atMs: TimeMs; readonly fromNumber: number; readonly depth: number }
  | { readonly kind: 'transfer'; readonly transfer: TransferLog; readonly isRemoved: boolean };

export interface ChainStreamDeps {
  readonly connect: ConnectStream<ChainMessage>;
  readonly rpc: Rpc;
  readonly book: AddressBook;
  readonly minValueUsd: number;
  readonly store: StreamStore & CandleStore;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly rng: Rng;
  readonly status: StreamStatus;
  readonly backoff: StreamBackoff;
  readonly worldSpeed?: () => number;
  readonly flushMs: number;
  readonly onEvent: (event: ChainEvent) => void;
}

interface FinalBlock {
  readonly header: BlockHeader;
  /** When it was known to be final. */
  readonly finalMs: TimeMs;
}

/**
 * Heads of the chain with its reorganisations as events, and every final block once, in order, with its large transfers.
 * A slow consumer loses the oldest heads; what they told is read over RPC, so nothing of the record is missing.
 */
export class ChainStream {
  readonly #deps: ChainStreamDeps;
  readonly #signal: AbortSignal;
  readonly #source: BlockSource;
  readonly #heads = new HeadChain();
  readonly #blocks: MicroBatch<FinalBlock>;
  readonly #transfers: MicroBatch<WhaleTransfer>;
  #nextFinal: number | undefined;
  #readFromMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ChainStreamDeps, signal: AbortSignal) {
    const { store, timer, status, flushMs } = deps;
    this.#deps = deps;
    this.#signal = signal;
    this.#source = new BlockSource(deps.rpc, timer);
    this.#blocks = new MicroBatch({ store, timer, status, flushMs, toBatch: blockBatch }, signal);
    this.#transfers = new MicroBatch({ store, timer, status, flushMs, toBatch: transferBatch }, signal);
  }

  /** Runs until the signal, then stores what is left. */
  async run(): Promise<void> {
    const options = { ...this.#deps, queue: { capacity: QUEUE_CAPACITY }, limits: patienceWith(this.#heads) };
    for await (const event of superviseStream(this.#deps.connect, options, this.#signal)) {
      if (event.kind === 'down') continue;
      await this.#attempt(() => (event.kind === 'up' ? this.#readFinal() : this.#take(event.message)));
    }
    await this.#transfers.flush();
    await this.#blocks.flush();
  }

  /** Requests that fail are counted; what they were for is asked for again by a later head. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    const { timer, status } = this.#deps;
    try {
      await work();
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof AppError) && !(error instanceof DOMException)) throw error;
      status.failedRepairs += 1;
      status.problem = error.message;
      this.#readFromMs = timer.elapsedMs() + REPAIR_PAUSE_MS;
    }
  }

  async #take(message: ChainMessage): Promise<void> {
    if (message.kind === 'transfer') {
      const { transfer, isRemoved } = message;
      this.#deps.onEvent({ kind: 'transfer', transfer, isRemoved });
      return;
    }
    if (this.#deps.timer.elapsedMs() < this.#readFromMs) return;
    await this.#follow(message.head);
    await this.#readFinal();
  }

  /** Takes a head after the parents that are missing before it. */
  async #follow(head: ChainHead): Promise<void> {
    const waiting = [head];
    const undone: ChainHead[] = [];
    while (waiting.length > 0) {
      const verdict = this.#heads.take(waiting.at(-1)!);
      if (verdict.kind === 'orphan') {
        if (waiting.length === 1) this.#deps.status.repairs += 1;
        const parent = waiting.length > MAX_PARENTS ? undefined : await this.#readBlock(verdict.parentHash);
        if (parent) waiting.push(parent);
        else this.#heads.reset();
        continue;
      }
      if (verdict.kind === 'known') this.#deps.status.duplicates += 1;
      else undone.push(...verdict.undone);
      waiting.pop();
    }
    const [first] = undone;
    if (!first) return;
    this.#deps.onEvent({ kind: 'reorg', atMs: this.#deps.clock.nowMs(), fromNumber: first.number, depth: undone.length });
  }

  /** A block by its hash; nothing where it is in the chain no more. */
  async #readBlock(hash: string): Promise<ChainHead | undefined> {
    return parseBlockHeader(await this.#deps.rpc.call('eth_getBlockByHash', [hash, false], this.#requestSignal()));
  }

  /** Reads the blocks that became final since the last look. */
  async #readFinal(): Promise<void> {
    const finalized = await this.#source.finalized(this.#requestSignal());
    this.#nextFinal ??= await this.#resume(finalized.number);
    while (this.#nextFinal <= finalized.number && !this.#signal.aborted) {
      const first = Math.max(this.#nextFinal, finalized.number - REACH_BLOCKS);
      const last = Math.min(finalized.number, first + SCAN_BLOCKS - 1);
      const { store, rpc, book, minValueUsd } = this.#deps;
      const priceAt = await readPrices(store, { startMs: finalized.timeMs - 2 * DAY_MS, endMs: finalized.timeMs });
      const { blocks, transfers } = await scanTransfers({ rpc, book, minValueUsd }, first, last, priceAt, this.#requestSignal());
      this.#nextFinal = last + 1;
      await this.#transfers.add(transfers);
      await this.#blocks.add(blocks.map((header) => ({ header, finalMs: finalized.timeMs })));
      this.#deps.status.completeUntilMs = blocks.at(-1)?.timeMs ?? null;
    }
  }

  /** Number of the block after those that are stored; the newest final one where nothing is. */
  async #resume(newest: number): Promise<number> {
    const stored = await this.#deps.store.readSeries(LIVE_BLOCKS.dataset, LIVE_BLOCKS.series, {});
    const last = stored?.numbers.number?.at(-1);
    return last === undefined ? newest : Math.min(newest, last) + 1;
  }

  #requestSignal(): AbortSignal {
    return AbortSignal.any([this.#signal, AbortSignal.timeout(REPAIR_TIMEOUT_MS)]);
  }
}

/** Chains differ in how often blocks come: patience follows what the last blocks show. */
function patienceWith(heads: HeadChain): WatchdogLimits {
  const patienceMs = () =>
    heads.spacingMs === undefined ? UNKNOWN_PATIENCE_MS : Math.max(LEAST_PATIENCE_MS, 5 * heads.spacingMs);
  return {
    get silenceMs() {
      return patienceMs();
    },
    get lagMs() {
      return patienceMs();
    },
  };
}

const transferBatch = (transfers: readonly WhaleTransfer[]): RowBatch => ({
  ...whaleBatch(LIVE_TRANSFERS.series, 'node stream', transfers),
  ...LIVE_TRANSFERS,
});

function blockBatch(blocks: readonly FinalBlock[]): RowBatch {
  const column = (pick: (block: FinalBlock) => number) => Float64Array.from(blocks, pick);
  return {
    ...LIVE_BLOCKS,
    source: 'node stream',
    timeMs: column(({ header }) => header.timeMs),
    endMs: column(({ header }) => header.timeMs),
    availableTimeMs: column(({ finalMs }) => finalMs),
    ids: blocks.map(({ header }) => header.hash),
    numbers: {
      number: column(({ header }) => header.number),
      gas_used: column(({ header }) => header.gasUsed),
      gas_limit: column(({ header }) => header.gasLimit),
      base_fee_gwei: column(({ header }) => header.baseFeeWei / 1e9),
      tx_count: column(({ header }) => header.txCount),
    },
  };
}
