import { createRng } from '../../domain/index.ts';
import { DropWatcher, type ExternalDataIntegrator, processFiles, runExternalStream } from '../../extraction/index.ts';
import type { AppParts } from '../app-parts.ts';
import { externalSources, openExternalData } from '../external-data.ts';

/** Told of what the operator should know. */
type Alert = (message: string) => void;

/**
 * The user's own data while the daemon runs: declared sources are pulled when they are due, their declarations read again
 * when the file changes, WebSocket sources stay connected, and files copied into the data directory are merged.
 */
export class OwnData {
  readonly #parts: AppParts;
  readonly #alert: Alert;
  readonly #external: ExternalDataIntegrator;
  readonly #drops: DropWatcher;
  #streams = new AbortController();

  constructor(parts: AppParts, alert: Alert) {
    this.#parts = parts;
    this.#alert = alert;
    this.#external = openExternalData(parts);
    this.#drops = new DropWatcher(parts.dataDir);
    this.#startStreams();
  }

  /** One look at everything; costs next to nothing where nothing has changed. */
  async look(): Promise<void> {
    this.#reload();
    for (const { dataset, error } of await this.#external.pullDue(this.#parts.clock.nowMs())) {
      if (error) this.#alert(`${dataset}: ${error.message}`);
    }
    await this.#mergeDrops();
  }

  close(): void {
    this.#streams.abort();
  }

  #reload(): void {
    const { isChanged, problem } = this.#parts.dataSources.reload();
    if (problem) this.#alert(`${problem.message}; the former declarations stay in force`);
    if (!isChanged) return;
    this.#external.replace(externalSources(this.#parts));
    this.#streams.abort();
    this.#streams = new AbortController();
    this.#startStreams();
  }

  async #mergeDrops(): Promise<void> {
    const { dataDir, timer, onProgress } = this.#parts;
    const complete = await this.#drops.look(timer.elapsedMs());
    if (complete.length === 0) return;
    const { files, refused } = await processFiles(dataDir, complete, this.#parts);
    for (const { file, dataset, stored, quarantined } of files) {
      onProgress(`${file}: ${stored} rows for ${dataset}, ${quarantined} in quarantine`);
    }
    for (const { file, error } of refused) {
      this.#drops.refuse(file);
      this.#alert(`${file} was refused: ${error.message}`);
    }
  }

  #startStreams(): void {
    const { store, clock, timer, config } = this.#parts;
    for (const source of this.#external.sources) {
      if (source.origin.kind !== 'websocket') continue;
      void runExternalStream(source, {
        store,
        clock,
        timer,
        rng: createRng(config.model.seed, 0x57e),
        signal: this.#streams.signal,
        onReport: () => undefined,
        onProblem: (dataset, problem) => this.#alert(`${dataset}: ${problem}`),
      }).catch((error: unknown) => this.#alert(`${source.dataset}: the stream has ended: ${String(error)}`));
    }
  }
}
