import { createRng, MINUTE_MS, systemTimer, type TimeMs } from '../domain/index.ts';
import { binanceHandler } from './exchange/binance-rest.ts';
import { ledgerShape } from './exchange/binance-shapes.ts';
import { Exchange, type ExchangeMarket } from './exchange/exchange.ts';
import { Faults, SOURCES, type Source } from './faults.ts';
import { HostClock } from './host-clock.ts';
import { beaconHandler } from './servers/beacon.ts';
import { binanceStreams } from './servers/binance-streams.ts';
import { binanceUserStream } from './servers/binance-user-stream.ts';
import { controlHandler } from './servers/control.ts';
import { fearGreedHandler } from './servers/fear-greed.ts';
import { startHttpHost } from './servers/http-host.ts';
import { nodeSocket } from './servers/node-socket.ts';
import { rpcHandler } from './servers/rpc.ts';
import { attachSocketHost } from './servers/socket-host.ts';
import { whaleAlertHandler } from './servers/whale-alert.ts';
import { yahooHandler } from './servers/yahoo.ts';
import { World } from './world/world.ts';
import { WorldClock } from './world-clock.ts';

export interface SandboxOptions {
  readonly seed: number;
  /** Where its time starts; history reaches five years further back. */
  readonly startMs: TimeMs;
  /** Share of the next day's return variance that known chain data explains, 0..0.9. */
  readonly edge: number;
  /** World seconds per second; 0 stands still until it is moved on. */
  readonly speed: number;
  readonly port?: number;
  readonly faults?: readonly string[];
  readonly blockSpacingMs?: number;
}

export interface Sandbox {
  readonly urls: Readonly<Record<Source, string>>;
  readonly world: World;
  readonly clock: WorldClock;
  close(): Promise<void>;
}

const BLOCK_SPACING_MS = 600_000;
const HISTORY_YEARS = 5;
const CAPITAL_USDT = '10000';
/** Process time between two looks of the streams at a world that runs by itself. */
const TELL_EVERY_MS = 250;
const WEBSOCKETS: readonly Source[] = ['ws', 'binanceWs', 'binanceWsApi'];

/** A simulated market and chain behind loopback servers that speak the real protocols. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { seed, startMs, edge, speed, port = 0, blockSpacingMs = BLOCK_SPACING_MS } = options;
  const world = new World({ seed, startMs, edge, blockSpacingMs, historyYears: HISTORY_YEARS });
  const clock = new WorldClock(startMs, speed, systemTimer);
  const faults = new Faults(options.faults ?? [], createRng(seed, 0xfa));
  const nowMs = () => clock.nowMs();
  const exchange = new Exchange(marketOf(world), startMs, seed, CAPITAL_USDT);
  clock.onMove((movedTo) => exchange.advanceTo(movedTo));
  const host = await startHttpHost(
    {
      yahoo: yahooHandler(world, nowMs),
      fearGreed: fearGreedHandler(world, nowMs),
      rpc: rpcHandler(world, nowMs),
      whaleAlert: whaleAlertHandler(world, nowMs),
      beacon: beaconHandler(world, nowMs),
      control: controlHandler(world, clock, new HostClock(clock), faults, () => {
        exchange.advanceTo(clock.nowMs());
        return ledgerShape(exchange);
      }),
      binance: binanceHandler(world, exchange, clock),
    },
    faults,
    systemTimer,
    port,
  );
  const streams = [binanceStreams(world, exchange, clock), nodeSocket(world, clock), binanceUserStream(exchange, clock)] as const;
  const [market, node, user] = streams;
  const sockets = attachSocketHost(
    host.server,
    { binanceWs: market.handler, ws: node.handler, binanceWsApi: user.handler },
    faults,
    systemTimer,
  );
  const tell = () => {
    for (const stream of streams) stream.tell();
  };
  clock.onMove(tell);
  const telling = setInterval(tell, TELL_EVERY_MS);
  const urlOf = (source: Source) => `${WEBSOCKETS.includes(source) ? 'ws' : 'http'}://127.0.0.1:${host.port}/${source}`;
  const urls = Object.fromEntries(SOURCES.map((source) => [source, urlOf(source)])) as Record<Source, string>;
  return {
    urls,
    world,
    clock,
    close() {
      clearInterval(telling);
      sockets.close();
      return host.close();
    },
  };
}

/** The world's price as the exchange sees it. */
const marketOf = ({ path }: World): ExchangeMarket => ({
  priceAt: (timeMs) => path.priceAt(timeMs),
  range(fromMs, toMs) {
    const candles = path.candles(Math.floor(fromMs / MINUTE_MS) * MINUTE_MS, toMs, MINUTE_MS, toMs);
    return { low: Math.min(...candles.map(({ low }) => low)), high: Math.max(...candles.map(({ high }) => high)) };
  },
});
