/** A row that somebody pushes: names and plain values. */
export type PushedRow = Readonly<Record<string, string | number | boolean | null>>;

/** What became of pushed rows. */
export interface PushReport {
  readonly rows: number;
  readonly stored: number;
  readonly quarantined: number;
  readonly warnings: readonly string[];
}

/** What the server may ask of the running system. Answers are plain documents without secrets. */
export interface ServiceApi {
  /** Whether everything is recovered and the schedule runs. */
  readonly isReady: () => boolean;
  readonly isSimulated: boolean;
  /** Reads one of the collections that the API shows, newest last, at most `limit` entries where it is a list. */
  read(what: Collection, limit: number): Promise<unknown>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  halt(by: string, why: string): Promise<unknown>;
  resume(by: string): Promise<unknown>;
  flatten(by: string): Promise<unknown>;
  /** @throws DataError, ConfigError where nothing of it can be used */
  push(dataset: string, rows: readonly PushedRow[]): Promise<PushReport>;
}

export const COLLECTIONS = [
  'status',
  'decisions',
  'orders',
  'trades',
  'positions',
  'equity',
  'models',
  'features',
  'data',
  'alerts',
] as const;

export type Collection = (typeof COLLECTIONS)[number];
