import { DAY_MS, HOUR_MS, type TimeMs } from '../../domain/index.ts';
import { hexHash, normalAt, numberedHash, numbersIn, uniformAt } from './hash.ts';
import type { PricePath } from './price-path.ts';
import { STAKE_ETH, validatorsAt } from './validators.ts';

/** A block as the simulated chain has it. Amounts in wei, fees in wei per gas. */
export interface WorldBlock {
  readonly number: number;
  readonly timestampMs: TimeMs;
  readonly hash: string;
  readonly parentHash: string;
  readonly gasLimit: number;
  readonly gasUsed: number;
  readonly baseFeeWei: number;
  readonly txCount: number;
}

/** A transfer of Ether inside a block. */
export interface WorldTransfer {
  readonly blockNumber: number;
  readonly index: number;
  readonly timestampMs: TimeMs;
  readonly hash: string;
  readonly from: string;
  readonly to: string;
  readonly fromOwner: string | null;
  readonly toOwner: string | null;
  /** Of Ether, or of the token. */
  readonly amountEth: number;
  /** The token that moved, by a call of its contract; Ether itself where absent. */
  readonly token?: { readonly symbol: string; readonly address: string };
}

/** Addresses of named entities, as label files know them. */
const EXCHANGES: readonly { readonly name: string; readonly address: string }[] = [
  { name: 'binance', address: '0x28c6c06298d514db089934071355e5743bf21d60' },
  { name: 'coinbase', address: '0x71660c4005ba85c37ccec55d0c4493e66fe775d3' },
  { name: 'kraken', address: '0x2910543af39aba0cd09dbb2d50200b3e800a63d2' },
  { name: 'bitfinex', address: '0x876eabf441b2ee5b5b0554fd502a8e0600950cfa' },
];

const GAS_LIMIT = 30_000_000;
/** Blocks that a block must be deep to be final. */
export const FINALITY_DEPTH = 2;
/** Share of blocks that another one replaces while they are the newest. */
const USUAL_REORG_RATE = 0.05;
const WRAPPED_ETHER = { symbol: 'weth', address: '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2' };
const TOKEN_CHANCE = 0.03;
const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa';
const [USED, USED_HOUR, FEE, COUNT, WHALE, HASH, TOKEN] = [21, 22, 23, 24, 25, 26, 27];
/** How strongly the day's signal shows. Against the noise of 24 hours it is plain to see. */
const UTILIZATION_PER_SIGNAL = 0.07;
const FEE_PER_SIGNAL = 0.12;
const TRANSACTIONS_PER_SIGNAL = 1.5;
const WHALE_CHANCE = 0.12;
const GWEI = 1e9;

/** The simulated chain: a block every `spacingMs`, activity that shows the signal of the day, transfers of all sizes. */
export class Chain {
  readonly spacingMs: number;
  readonly #path: PricePath;
  readonly #seed: number;
  readonly #firstMs: TimeMs;
  /** How often each block was replaced on demand. */
  readonly #replaced = new Map<number, number>();
  readonly #listeners: (() => void)[] = [];
  #reorgRate = USUAL_REORG_RATE;

  constructor(path: PricePath, seed: number, spacingMs: number) {
    this.#path = path;
    this.#seed = seed;
    this.spacingMs = spacingMs;
    this.#firstMs = Math.ceil(path.firstMs / spacingMs) * spacingMs;
  }

  /** Number of the newest block at a time. */
  headAt(nowMs: TimeMs): number {
    return Math.floor((nowMs - this.#firstMs) / this.spacingMs);
  }

  finalizedAt(nowMs: TimeMs): number {
    return Math.max(0, this.headAt(nowMs) - FINALITY_DEPTH);
  }

  timestampMs(number: number): TimeMs {
    return this.#firstMs + number * this.spacingMs;
  }

  /** Number of the block that carries a hash, among the blocks up to `head`; undefined where none does. */
  numberOf(hash: string, nowMs: TimeMs): number | undefined {
    const [number = 0] = numbersIn(hash, 1);
    return number <= this.headAt(nowMs) && this.hashAt(number, nowMs) === hash ? number : undefined;
  }

  /** A block near the head may be another one later: some are replaced while they are the newest. */
  hashAt(number: number, nowMs: TimeMs): string {
    const isProvisional = number === this.headAt(nowMs) && uniformAt(this.#seed, HASH, number, 9) < this.#reorgRate;
    return this.#hash(number, isProvisional);
  }

  /** @param rate share of blocks that another one replaces while they are the newest; 0: none */
  setReorgRate(rate: number): void {
    this.#reorgRate = rate;
  }

  get reorgRate(): number {
    return this.#reorgRate;
  }

  /** Replaces the newest `depth` blocks, none of them final, by others with the same transactions. */
  reorganise(depth: number, nowMs: TimeMs): void {
    const head = this.headAt(nowMs);
    for (let number = head - Math.min(depth, FINALITY_DEPTH) + 1; number <= head; number++) {
      this.#replaced.set(number, (this.#replaced.get(number) ?? 0) + 1);
    }
    for (const listener of this.#listeners) listener();
  }

  onReorganised(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #hash(number: number, isProvisional: boolean): string {
    return numberedHash([number], this.#seed, HASH, 2 * (this.#replaced.get(number) ?? 0) + (isProvisional ? 1 : 0));
  }

  blockAt(number: number, nowMs: TimeMs): WorldBlock {
    const timestampMs = this.timestampMs(number);
    const hour = Math.floor(timestampMs / HOUR_MS);
    const signal = this.#path.signalShownAt(timestampMs);
    const daily = 0.05 * Math.sin((2 * Math.PI * (hour % 24)) / 24);
    const noise = 0.02 * normalAt(this.#seed, USED_HOUR, hour) + 0.03 * normalAt(this.#seed, USED, number);
    const utilization = Math.min(0.98, Math.max(0.02, 0.5 + daily + UTILIZATION_PER_SIGNAL * signal + noise));
    const fee = 20 * Math.exp(FEE_PER_SIGNAL * signal + 0.4 * Math.sin(hour / 700) + 0.1 * normalAt(this.#seed, FEE, hour));
    const count = 14 + TRANSACTIONS_PER_SIGNAL * signal + 2 * normalAt(this.#seed, COUNT, number);
    return {
      number,
      timestampMs,
      hash: this.hashAt(number, nowMs),
      parentHash: number === 0 ? hexHash(8, 0) : this.#hash(number - 1, false),
      gasLimit: GAS_LIMIT,
      gasUsed: Math.round(utilization * GAS_LIMIT),
      baseFeeWei: Math.round(fee * GWEI),
      txCount: Math.max(3, Math.round(count)),
    };
  }

  transactionHash(block: number, index: number): string {
    return numberedHash([block, index], this.#seed, HASH);
  }

  /** The transfer that carries a hash, in a block up to the newest; undefined where none does. */
  transferOf(hash: string, nowMs: TimeMs): WorldTransfer | undefined {
    const [block = 0, index = 0] = numbersIn(hash, 2);
    if (block > this.headAt(nowMs) || this.transactionHash(block, index) !== hash) return undefined;
    return this.transfers(block)[index];
  }

  /** Transfers of a block in the order of its transactions; the last one may be a whale's. */
  transfers(number: number): WorldTransfer[] {
    const { txCount, timestampMs } = this.blockAt(number, Number.POSITIVE_INFINITY);
    const deposits = Math.min(txCount - 2, this.#depositsIn(number));
    return Array.from({ length: txCount }, (_, index) => {
      const transfer = this.#transfer(number, index, timestampMs, index === txCount - 1);
      if (index < deposits) return { ...transfer, to: DEPOSIT_CONTRACT, toOwner: null, amountEth: STAKE_ETH };
      return index === txCount - 2 ? this.#tokenTransfer(transfer) : transfer;
    });
  }

  /** Deposits of validators in a block: over the day as many as the entry queue grows by until the next day. */
  #depositsIn(number: number): number {
    const timeMs = this.timestampMs(number);
    const dayMs = this.#path.firstMs + Math.floor((timeMs - this.#path.firstMs) / DAY_MS) * DAY_MS;
    const growth = this.#queueAt(dayMs + DAY_MS) - this.#queueAt(dayMs);
    if (growth <= 0) return 0;
    const first = Math.ceil((dayMs - this.#firstMs) / this.spacingMs);
    const count = Math.ceil((dayMs + DAY_MS - this.#firstMs) / this.spacingMs) - first;
    const until = (blocks: number) => Math.floor((growth * blocks) / count);
    return until(number - first + 1) - until(number - first);
  }

  #queueAt(timeMs: TimeMs): number {
    return validatorsAt(this.#seed, this.#path.firstMs, timeMs).entering;
  }

  /** A transfer as it is, or instead a large one of wrapped Ether. */
  #tokenTransfer(transfer: WorldTransfer): WorldTransfer {
    const draw = (what: number) => uniformAt(this.#seed, TOKEN, transfer.blockNumber, what);
    if (draw(0) >= TOKEN_CHANCE) return transfer;
    const amountEth = Math.round(300 * Math.exp(2 * draw(1)) * 1e4) / 1e4;
    return { ...transfer, fromOwner: null, toOwner: null, amountEth, token: WRAPPED_ETHER };
  }

  #transfer(number: number, index: number, timestampMs: TimeMs, mayBeWhale: boolean): WorldTransfer {
    const draw = (what: number) => uniformAt(this.#seed, WHALE, number, index, what);
    const isWhale = mayBeWhale && draw(0) < WHALE_CHANCE;
    const signal = isWhale ? this.#path.signalShownAt(timestampMs) : 0;
    const entity = EXCHANGES[Math.floor(draw(1) * EXCHANGES.length)]!;
    const kind = draw(2) - 0.1 * Math.tanh(signal);
    const isInflow = isWhale && kind < 0.4;
    const isOutflow = isWhale && kind > 0.6;
    return {
      blockNumber: number,
      index,
      timestampMs,
      hash: this.transactionHash(number, index),
      from: isOutflow ? entity.address : hexHash(5, this.#seed, WHALE, Math.floor(draw(3) * 5_000)),
      to: isInflow ? entity.address : hexHash(5, this.#seed, WHALE, Math.floor(draw(4) * 5_000)),
      fromOwner: isOutflow ? entity.name : null,
      toOwner: isInflow ? entity.name : null,
      amountEth: isWhale ? Math.round(300 * Math.exp(2 * draw(5)) * 1e4) / 1e4 : Math.round(2 * draw(5) ** 3 * 1e6) / 1e6,
    };
  }
}
