import { createRng, SECOND_MS } from '../../domain/index.ts';
import { DropWatcher, type ExternalDataIntegrator, processFiles, runExternalStream } from '../../extraction/index.ts';
import type { AppParts } from '../app-parts.ts';
import { externalSources, openExternalData } from '../external-data.ts';

/** What has answered in time may take so much longer until it is stored. */
const STORING_MS = 5 * SECOND_MS;

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
  #looking: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: AppParts, alert: Alert) {
    this.#parts = parts;
    this.#alert = alert;
    this.#external = openExternalData(parts);
    this.#drops = new DropWatcher(parts.dataDir);
    this.#startStreams();
  }

  /** One look at everything; costs next to nothing where nothing has changed. A call while one goes on joins it. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks in the background. @throws what nobody expected of an earlier look */
  lookBehind(): void {
    if (this.#failure) throw this.#failure.error;
    this.look().catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  /**
   * Looks now, after what is under way, and returns when that is done or the time for it is over: what is not read by then is
   * left out, and told.
   */
  async lookInTime(): Promise<void> {
    const { timer, config } = this.#parts;
    const { ownDataDeadlineS } = config.schedule;
    const done = new AbortController();
    const looks = this.#lookAfterOther();
    // Where it is not waited for to the end, the next look in the background throws it.
    let isWaitedFor = true;
    looks.catch((error: unknown) => {
      if (!isWaitedFor) this.#failure ??= { error };
    });
    const late = timer.sleep(ownDataDeadlineS * SECOND_MS + STORING_MS, done.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([looks.then(() => false), late]).finally(() => {
      isWaitedFor = false;
      done.abort();
    });
    if (isLate) this.#alert(`own data was not read whole within ${ownDataDeadlineS} s: the decision takes what is there`);
  }

  async #lookAfterOther(): Promise<void> {
    await this.#looking;
    await this.look();
  }

  async #look(): Promise<void> {
    const { timer, clock, config } = this.#parts;
    const [over, done] = [new AbortController(), new AbortController()];
    const deadline = timer.sleep(config.schedule.ownDataDeadlineS * SECOND_MS, done.signal).then(
      () => over.abort(),
      () => undefined,
    );
    try {
      this.#reload();
      for (const { dataset, error } of await this.#external.pullDue(clock.nowMs(), over.signal)) {
        if (error) this.#alert(`${dataset}: ${error.message}`);
      }
      await this.#mergeDrops();
    } finally {
      done.abort();
      await deadline;
    }
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
