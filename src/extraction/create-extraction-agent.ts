import type { Clock, DatasetName, Rng, Timer } from '../domain/index.ts';
import { ExtractionAgent, type ExtractionStore } from './agent/extraction-agent.ts';
import { createBlockchainExtractor } from './blockchain/blockchain-extractor.ts';
import type { BlockDepth } from './blockchain/hour-aggregate.ts';
import { HttpClient, type RequestBudgets } from './http/index.ts';
import { createKlineClient } from './price/kline-client.ts';
import { createKlineExtractor } from './price/kline-extractor.ts';
import { fetchServerTime } from './price/server-time.ts';
import { createYahooClient } from './price/yahoo-client.ts';
import { createYahooDaily, createYahooHourly } from './price/yahoo-extractor.ts';
import { createRpc } from './rpc/create-rpc.ts';
import type { Rpc } from './rpc/rpc.ts';
import { createFearGreedExtractor } from './sentiment/fear-greed-extractor.ts';
import { createFeedExtractor } from './sentiment/feed-extractor.ts';
import type { SourceExtractor } from './source-extractor.ts';
import type { SourceKeys, SourceUrls } from './source-urls.ts';
import { BeaconClient } from './validator/beacon-client.ts';
import { createBeaconchainExtractor } from './validator/beaconchain-extractor.ts';
import { createValidatorExtractor } from './validator/validator-extractor.ts';
import { AddressBook, type AddressLabel, KNOWN_ADDRESSES } from './whale/address-labels.ts';
import { createNodeWhaleExtractor } from './whale/node-whale-extractor.ts';
import type { CandleStore } from './whale/price-lookup.ts';
import { createWhaleAlertExtractor } from './whale/whale-alert-extractor.ts';
import { createWhaleExtractor, withMinimum } from './whale/whale-extractor.ts';

/** What makes a transfer large, in USD: the lowest threshold of Whale Alert's free plan. */
const LARGE_USD = 500_000;

export interface ExtractionDeps {
  readonly store: ExtractionStore & CandleStore;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly rng: Rng;
  /** Those of the whole process; of this agent alone unless told. */
  readonly budgets?: RequestBudgets | undefined;
  readonly urls: SourceUrls;
  readonly keys?: SourceKeys;
  /** Datasets to ask for; all of them unless told. */
  readonly datasets?: readonly DatasetName[];
  /** Where it is written which ranges are complete. */
  readonly stateFile: string;
  /** Labels of addresses besides the well-known ones; they go before those. */
  readonly addressLabels?: readonly AddressLabel[];
  /** Chain id that the node must have; 1, Ethereum's main network, unless told. */
  readonly chainId?: number;
  /** Addresses of RSS, Atom or JSON feeds whose headlines are scored; none unless told. */
  readonly feeds?: readonly string[];
  /** How much of each block is read; headers unless told. */
  readonly blockDepth?: BlockDepth;
  /** Whether the node has `trace_block`; it has not unless told. */
  readonly traces?: boolean;
  /** What makes a transfer large, in USD. */
  readonly whaleMinValueUsd?: number;
  /** Smaller transfers are left out, in ETH. */
  readonly whaleMinValueEth?: number;
  /** Days back that the plan of Whale Alert serves. */
  readonly whalePlanDays?: number;
  readonly requestTimeoutMs?: number;
  readonly sourceDayTimeoutMs?: number;
  readonly dayTimeoutMs?: number;
  /** The platform's own unless told. */
  readonly fetch?: typeof fetch;
}

/** The agent with every source that `urls` configures. One per process: budgets and breakers live in it. */
export function createExtractionAgent(deps: ExtractionDeps): ExtractionAgent {
  const { store, clock, timer, stateFile, sourceDayTimeoutMs, dayTimeoutMs } = deps;
  return new ExtractionAgent({
    store,
    clock,
    timer,
    stateFile,
    extractors: createExtractors(deps).filter(({ dataset }) => deps.datasets?.includes(dataset) ?? true),
    ...(sourceDayTimeoutMs !== undefined && { sourceDayTimeoutMs }),
    ...(dayTimeoutMs !== undefined && { dayTimeoutMs }),
  });
}

function createExtractors(all: ExtractionDeps): SourceExtractor[] {
  const { urls, timer, rng, budgets, chainId, requestTimeoutMs, ...deps } = all;
  const http = new HttpClient({
    fetch: deps.fetch ?? fetch,
    timer,
    rng,
    ...(budgets && { budgets }),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  const extractors: SourceExtractor[] = [];
  if (urls.yahoo !== undefined) {
    const fetchChart = createYahooClient(http, urls.yahoo);
    extractors.push(createYahooHourly(fetchChart), createYahooDaily(fetchChart));
  }
  const { binance } = urls;
  if (binance !== undefined) {
    const askTime = (signal: AbortSignal) => fetchServerTime(http, binance, signal);
    extractors.push(createKlineExtractor(createKlineClient(http, binance), askTime));
  }
  if (urls.fearGreed !== undefined) extractors.push(createFearGreedExtractor(http, urls.fearGreed));
  if (deps.feeds && deps.feeds.length > 0) extractors.push(createFeedExtractor(http, deps.feeds));
  const rpc = urls.rpc === undefined ? undefined : createRpc([urls.rpc].flat(), http, timer, chainId);
  if (rpc) extractors.push(createBlockchainExtractor(rpc, timer, deps.blockDepth));
  const whales = createWhales(all, http, rpc);
  if (whales) extractors.push(deps.whaleMinValueEth === undefined ? whales : withMinimum(whales, deps.whaleMinValueEth));
  if (urls.beacon !== undefined) extractors.push(createValidatorExtractor(new BeaconClient(http, urls.beacon)));
  else if (urls.beaconchain !== undefined) {
    extractors.push(createBeaconchainExtractor({ http, baseUrl: urls.beaconchain, key: deps.keys?.beaconchain }));
  }
  return extractors;
}

function createWhales(
  { urls, keys, store, timer, ...deps }: ExtractionDeps,
  http: HttpClient,
  rpc: Rpc | undefined,
): SourceExtractor | undefined {
  const { addressLabels = [], whaleMinValueUsd: minValueUsd = LARGE_USD, traces = false } = deps;
  const key = keys?.whaleAlert;
  const alerts =
    urls.whaleAlert !== undefined && key !== undefined && key !== ''
      ? createWhaleAlertExtractor({ http, baseUrl: urls.whaleAlert, key, minValueUsd })
      : undefined;
  const book = new AddressBook([...addressLabels, ...KNOWN_ADDRESSES]);
  const node = rpc && createNodeWhaleExtractor({ rpc, book, minValueUsd, traces, timer, prices: store });
  return createWhaleExtractor(alerts, node, deps.whalePlanDays);
}
