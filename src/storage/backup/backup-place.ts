/** Somewhere else that backups are copied to. Keys are paths with forward slashes. */
export interface BackupPlace {
  /** For people, without secrets. */
  readonly name: string;
  /** Every key that is there. */
  list(signal?: AbortSignal): Promise<ReadonlySet<string>>;
  put(key: string, content: Buffer, signal?: AbortSignal): Promise<void>;
  get(key: string, signal?: AbortSignal): Promise<Buffer>;
}
