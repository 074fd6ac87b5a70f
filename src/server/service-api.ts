import type { Collection, FlattenReply, HaltReply, PushReply, Reply, TransferReply } from './replies.ts';

/** A row that somebody pushes: names and plain values. */
export type PushedRow = Readonly<Record<string, string | number | boolean | null>>;

/** Money or Ether given to the system by hand or, negative, taken from it. */
export interface TransferBody {
  readonly asset: 'USDT' | 'ETH';
  readonly amount: string;
  readonly requestId?: string | undefined;
}

/** What the server may ask of the running system. Answers are plain documents without secrets. */
export interface ServiceApi {
  /** Whether everything is recovered and the schedule runs. */
  readonly isReady: () => boolean;
  readonly isSimulated: boolean;
  /** Reads one of the collections that the API shows, newest last, at most `limit` entries where it is a list. */
  read<What extends Collection>(what: What, limit: number): Promise<Reply<What>>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  halt(by: string, why: string): Promise<HaltReply>;
  resume(by: string): Promise<HaltReply>;
  flatten(by: string): Promise<FlattenReply>;
  /** @throws ConfigError where it cannot be booked */
  transfer(request: TransferBody): Promise<TransferReply>;
  /** @throws DataError, ConfigError where nothing of it can be used */
  push(dataset: string, rows: readonly PushedRow[]): Promise<PushReply>;
}
