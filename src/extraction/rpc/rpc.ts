export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** An Ethereum node, or several that stand in for each other. */
export interface Rpc {
  /** Results in the order of `calls`. @throws SourceError `rpc.*`, `http.*` */
  batch(calls: readonly RpcCall[], signal: AbortSignal): Promise<unknown[]>;
  call(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown>;
}
