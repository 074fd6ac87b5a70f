import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A list of files for `read_parquet`; characters that it would take for patterns are taken literally. */
export const fileList = (paths: readonly string[]): string =>
  `[${paths.map((path) => quoteText(path.replace(/[[*?]/g, '[$&]'))).join(', ')}]`;

/** DuckDB in memory, loaded when first needed and forbidden to fetch extensions. */
export class Duck {
  #instance: Promise<DuckDBInstance> | undefined;

  /** Runs `work` on a connection of its own. */
  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    this.#instance ??= createInstance();
    const connection = await (await this.#instance).connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  async close(): Promise<void> {
    const instance = this.#instance;
    this.#instance = undefined;
    (await instance)?.closeSync();
  }
}

async function createInstance(): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  return DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '2',
    // It keeps what it has read of files, also of those that are replaced every day, up to most of the machine's memory.
    enable_external_file_cache: 'false',
  });
}
