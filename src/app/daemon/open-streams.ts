import { createRng, DAY_MS, SECOND_MS, type TimeMs } from '../../domain/index.ts';
import type { ChainEvent, PriceView, SourceUrls, StreamProcessor } from '../../extraction/index.ts';
import type { Quote } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { SandboxClock } from '../sandbox-clock.ts';

const RNG_STREAM = 0x57;
/** A simulated world is moved on before those who moved it are told. */
const SANDBOX_TOLERANCE_MS = DAY_MS;
const TOLERANCE_MS = 10 * SECOND_MS;

/** The configured streams on the data directory, not started yet; nothing where they are switched off. */
export async function openStreams(parts: AppParts, onEvent: (event: ChainEvent) => void): Promise<StreamProcessor | undefined> {
  const { store, clock, timer, budgets, config } = parts;
  const { enabled, silenceS, lagS, stalePriceS, storeEveryS, repairDays } = config.streams;
  if (!enabled) return undefined;
  const { StreamProcessor } = await import('../../extraction/index.ts');
  const isSandbox = clock instanceof SandboxClock;
  return new StreamProcessor({
    store,
    clock,
    timer,
    rng: createRng(config.model.seed, RNG_STREAM),
    budgets,
    urls: wantedUrls(parts),
    worldSpeed: () => (isSandbox ? clock.speed : 1),
    toleranceMs: isSandbox ? SANDBOX_TOLERANCE_MS : TOLERANCE_MS,
    silenceMs: silenceS * SECOND_MS,
    lagMs: lagS * SECOND_MS,
    stalePriceMs: stalePriceS * SECOND_MS,
    flushMs: storeEveryS * SECOND_MS,
    repairReachMs: repairDays * DAY_MS,
    onEvent,
  });
}

function wantedUrls({ urls, config }: AppParts): SourceUrls {
  const { price, chain, sentiment } = config.streams;
  return {
    ...(price && { binance: urls.binance, binanceWs: urls.binanceWs }),
    ...(chain && { rpc: urls.rpc, ws: urls.ws }),
    ...(sentiment && { fearGreed: urls.fearGreed }),
  };
}

/**
 * The price that a stream told last, and where that is not fresh the one that is asked for. In a world that stands still
 * it is asked for always: how soon a stream notices that the world was moved on is nobody's choice.
 */
export function streamedQuote(
  price: PriceView | undefined,
  { clock, config }: AppParts,
  ask: (atMs: TimeMs) => Promise<Quote | undefined>,
): (atMs: TimeMs) => Promise<Quote | undefined> {
  const isStill = clock instanceof SandboxClock && clock.speed === 0;
  // The streams are of spot: a perpetual has a price of its own.
  if (price === undefined || isStill || config.futures.enabled) return ask;
  return async (atMs) => {
    const last = price.last();
    return last && !last.isStale ? { priceUsd: last.priceUsd, atMs: last.atMs } : ask(atMs);
  };
}
