/** Base URLs; each stands for the real service's host. A source without one is not configured. */
export interface SourceUrls {
  readonly yahoo?: string | undefined;
  readonly binance?: string | undefined;
  /** The exchange's perpetuals. */
  readonly binanceUsdm?: string | undefined;
  readonly fearGreed?: string | undefined;
  /** One node, or several in the order of preference. */
  readonly rpc?: string | readonly string[] | undefined;
  readonly whaleAlert?: string | undefined;
  readonly beacon?: string | undefined;
  /** The exchange's market streams. */
  readonly binanceWs?: string | undefined;
  /** The exchange's WebSocket API, over which it tells of an account. */
  readonly binanceWsApi?: string | undefined;
  /** A node's WebSocket. */
  readonly ws?: string | undefined;
  /** beaconcha.in: asked only where there is no `beacon`. */
  readonly beaconchain?: string | undefined;
}

/** Secrets, never shown. */
export interface SourceKeys {
  readonly whaleAlert?: string | undefined;
  readonly beaconchain?: string | undefined;
}
