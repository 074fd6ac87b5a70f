import { statSync } from 'node:fs';
import { DATA_SOURCES_FILE, type DataSources, readDataSources } from '../config/index.ts';
import { ConfigError } from '../domain/index.ts';

/** What came of looking at the file again. */
export interface Reload {
  readonly isChanged: boolean;
  /** Why the changed file was not taken: the declarations before it stay in force. */
  readonly problem?: ConfigError;
}

/** The declared data sources, read again when their file changes. A broken file leaves the former declarations in force. */
export class DataSourcesFile {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #file: string;
  #current: DataSources;
  #stamp: string;

  /** @throws ConfigError `config.data_sources` */
  constructor(env: Readonly<Record<string, string | undefined>>, file: string = DATA_SOURCES_FILE) {
    this.#env = env;
    this.#file = file;
    this.#stamp = stampOf(file);
    this.#current = readDataSources(env, file);
  }

  /** For worlds of their own, where nothing is declared. */
  static none(): DataSourcesFile {
    return new DataSourcesFile({}, '');
  }

  get current(): DataSources {
    return this.#current;
  }

  reload(): Reload {
    const stamp = stampOf(this.#file);
    if (stamp === this.#stamp) return { isChanged: false };
    this.#stamp = stamp;
    try {
      this.#current = readDataSources(this.#env, this.#file);
      return { isChanged: true };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { isChanged: false, problem: error };
    }
  }
}

const stampOf = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.size} ${found.mtimeMs}` : '';
};
