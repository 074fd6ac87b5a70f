import { join } from 'node:path';
import type { AnalysisRange } from './app/analyses.ts';
import { type AppParts, PATHS } from './app/app-parts.ts';
import type { BacktestRequest } from './app/backtest-command.ts';
import type { SignalsRequest } from './app/backtest-signals.ts';
import { ownVersion } from './app/build-info.ts';
import type { DaemonOptions } from './app/daemon/run-daemon.ts';
import type { EvaluatePeriod } from './app/evaluate.ts';
import type { ExportFormat } from './app/export-model.ts';
import type { ImportOptions } from './app/import-model.ts';
import { type AppSettings, openParts } from './app/open-parts.ts';
import type { PerformanceReportOptions } from './app/performance-report.ts';
import type { TrainOptions } from './app/train.ts';
import type { TransferRequest } from './app/transfer-requests.ts';
import type { TuneOptions } from './app/tune.ts';
import { type Undone, undoUpgrade } from './app/upgrade/undo-upgrade.ts';
import { type Upgrade, upgradeData } from './app/upgrade/upgrade-data.ts';
import { type Clock, ModelError, systemTimer, type TimeMs } from './domain/index.ts';
import type { DropReport, FileReport, IngestOptions } from './extraction/index.ts';
import type { ModelRegistry } from './model/index.ts';
import { finishSwap } from './storage/index.ts';

/**
 * Opens the application on a data directory, ends a restore that was interrupted, and brings what an older version wrote to the form of this one. Else nothing
 * is written before a command writes.
 * @throws DataError `data.newer_layout`, `data.layout_damaged`
 */
export async function openApp(settings: AppSettings): Promise<App> {
  await finishSwap(settings.dataDir, systemTimer);
  await upgradeDataDir(settings.dataDir);
  return new App(await openParts(settings));
}

/** Brings a data directory to the form of this version, as opening it does, and says what that changed. */
export const upgradeDataDir = async (dataDir: string): Promise<Upgrade> =>
  upgradeData({ dataDir, timer: systemTimer }, await ownVersion());

/** Gives a data directory back the form of the version before, for an upgrade that did not come to work. */
export const undoDataUpgrade = async (dataDir: string): Promise<Undone> =>
  undoUpgrade({ dataDir, timer: systemTimer }, await ownVersion());

/** What the command line, a scheduler or a server may ask for. Each method loads its use case when it is called. */
export class App {
  readonly clock: Clock;
  readonly #parts: AppParts;

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.clock = parts.clock;
  }

  /** Reads files into the data directory, one report for each series found. */
  async ingest(files: readonly string[], options: IngestOptions): Promise<FileReport[]> {
    const { ingestFile } = await import('./extraction/index.ts');
    const reports: FileReport[] = [];
    for (const file of files) reports.push(...(await ingestFile(file, this.#parts, options)));
    return reports;
  }

  /** Merges files that were copied into the data directory. */
  async processNewData(): Promise<DropReport> {
    const { processDrops } = await import('./extraction/index.ts');
    return processDrops(this.#parts.dataDir, this.#parts);
  }

  async listData() {
    const { listData } = await import('./app/list-data.ts');
    return listData(this.#parts.store, this.clock.nowMs());
  }

  /** What validation said of each dataset and day that was fetched. */
  dayVerdicts() {
    return this.#parts.store.readVerdicts();
  }

  quarantined() {
    return this.#parts.store.readQuarantine();
  }

  verifyData() {
    return this.#parts.store.verify();
  }

  exportData(what: string, path: string) {
    return this.#parts.store.export(what, path);
  }

  compactData() {
    return this.#parts.store.compact();
  }

  async extractDay(dateMs: TimeMs) {
    const { openExtraction } = await import('./app/extraction.ts');
    const { signal } = this.#parts;
    const { days } = await openExtraction(this.#parts).extractDay(dateMs, { ...(signal && { signal }) });
    await this.#assessDays(dateMs, dateMs);
    return days;
  }

  async backfill(startMs: TimeMs, endMs: TimeMs) {
    const { openExtraction } = await import('./app/extraction.ts');
    const { signal, onProgress } = this.#parts;
    const report = await openExtraction(this.#parts).backfill(startMs, endMs, {
      onProgress: ({ done, total, source }) => onProgress(`${done} of ${total} source days, ${source}`, done / total),
      ...(signal && { signal }),
    });
    await this.#assessDays(startMs, endMs);
    return report.days;
  }

  async #assessDays(startMs: TimeMs, endMs: TimeMs): Promise<void> {
    await (await import('./app/assess-days.ts')).assessDays(this.#parts, startMs, endMs);
  }

  /** What a backfill would cost; nothing is sent. */
  async estimateBackfill(startMs: TimeMs, endMs: TimeMs) {
    const { openExtraction } = await import('./app/extraction.ts');
    return openExtraction(this.#parts).estimate(startMs, endMs);
  }

  async listSources() {
    const { openExtraction } = await import('./app/extraction.ts');
    return openExtraction(this.#parts).listSources();
  }

  /** Asks the sources of data_sources.yaml now, all or the named one. */
  async pullSources(dataset: string | undefined) {
    const { openExternalData } = await import('./app/external-data.ts');
    return openExternalData(this.#parts).pull(dataset);
  }

  /** How a file or address would be read as an own dataset; stores nothing. */
  async proposeSource(place: string, options: IngestOptions) {
    return (await import('./app/external-data.ts')).proposeFrom(this.#parts, place, options);
  }

  async checkSources() {
    const { checkConfiguredSources } = await import('./app/extraction.ts');
    return checkConfiguredSources(this.#parts);
  }

  async buildFeatures() {
    return (await import('./app/features.ts')).buildFeatures(this.#parts);
  }

  async listFeatures() {
    return (await import('./app/features.ts')).listFeatures();
  }

  async featuresAt(atMs: TimeMs) {
    return (await import('./app/features.ts')).featuresAt(this.#parts, atMs);
  }

  /** Whether a feature or prediction changes when the future is cut off. */
  async lookaheadAnalysis(range: AnalysisRange) {
    return (await import('./app/analyses.ts')).lookaheadAnalysis(this.#parts, (await this.#modelStore()).current(), range);
  }

  /** Whether a feature or prediction changes when older history is cut off. */
  async recursiveAnalysis(range: AnalysisRange) {
    return (await import('./app/analyses.ts')).recursiveAnalysis(this.#parts, (await this.#modelStore()).current(), range);
  }

  async train(options: TrainOptions) {
    return (await import('./app/train-command.ts')).trainCommand(this.#parts, options);
  }

  /** Searches hyperparameters; changes nothing but the study. */
  async tune(options: TuneOptions) {
    return (await import('./app/tune.ts')).tune(this.#parts, options);
  }

  async predict(atMs: TimeMs) {
    const { predict } = await import('./app/predict.ts');
    return predict(this.#parts, await this.#modelStore(), atMs);
  }

  /** What made the current model say what it says at a time. */
  async explainPrediction(atMs: TimeMs) {
    const { explainPrediction } = await import('./app/explain-prediction.ts');
    return explainPrediction(this.#parts, (await this.#modelStore()).current(), atMs);
  }

  async evaluate({ modelId, ...period }: { modelId?: string | undefined } & EvaluatePeriod) {
    const { evaluate } = await import('./app/evaluate.ts');
    const { serving } = await import('./app/registry-model-store.ts');
    const registry = await this.#registry();
    const currentId = await registry.currentId();
    const id = modelId ?? currentId;
    if (id === undefined)
      throw new ModelError('evaluate.no_model', 'no model is current', { hint: 'Train one with `ets train`.' });
    const model = serving(await registry.load(id));
    const current = currentId === undefined || currentId === id ? undefined : serving(await registry.load(currentId));
    return evaluate(this.#parts, model, period, current);
  }

  async listModels() {
    return (await this.#registry()).list();
  }

  /** A version, and what each training that came to it said. */
  async showModel(modelId: string) {
    const registry = await this.#registry();
    return { ...(await registry.show(modelId)), ...(await registry.verdicts(modelId)) };
  }

  /** What every training said, oldest first, whichever version it came to. */
  async modelVerdicts() {
    return (await this.#registry()).verdicts();
  }

  async compareModels(a: string, b: string) {
    return (await this.#registry()).compare(a, b);
  }

  /** Removes old versions, but none that serves, served before, is on trial or opened the position that is held. */
  async pruneModels(keep: number) {
    const { pruneModels } = await import('./app/prune-models.ts');
    return pruneModels(this.#parts, await this.#registry(), keep);
  }

  async exportModel(modelId: string, folder: string, format: ExportFormat = 'copy') {
    const { exportModel } = await import('./app/export-model.ts');
    return exportModel(await this.#registry(), modelId, folder, format);
  }

  /** Takes a model that LightGBM trained elsewhere into the registry; it does not serve until it is promoted. */
  async importModel(options: ImportOptions) {
    const { importModel } = await import('./app/import-model.ts');
    return importModel(this.#parts, await this.#registry(), options);
  }

  async promoteModel(modelId: string) {
    return (await this.#registry()).promote(modelId, 'by hand');
  }

  async rollbackModel() {
    return (await this.#registry()).rollback();
  }

  /** The decision cycle of the latest scheduled time; the first result again where it was made before. */
  async trade() {
    return (await import('./app/trade-command.ts')).tradeCommand(this.#parts, await this.#modelStore());
  }

  async backtest(request: BacktestRequest) {
    return (await import('./app/backtest-command.ts')).backtestCommand(this.#parts, request);
  }

  async backtestSignals(request: SignalsRequest) {
    return (await import('./app/backtest-signals.ts')).backtestSignals(this.#parts, request);
  }

  /** The daemon, until it is stopped, or has made so many daily decisions. */
  async run(options: DaemonOptions) {
    return (await import('./app/daemon/run-daemon.ts')).runDaemon(this.#parts, options);
  }

  /** Orders, position and decisions, as the order journal has them. */
  async journal() {
    return (await import('./app/journal-command.ts')).showJournal(this.#parts);
  }

  /** Journals what was given to the system or taken from it by hand. */
  async transfer(request: TransferRequest) {
    return (await import('./app/transfer.ts')).transfer(this.#parts, request);
  }

  /** Makes a past decision again from what was known then. */
  async replay(decisionId: string) {
    return (await import('./app/replay-decision.ts')).replayDecision(this.#parts, await this.#registry(), decisionId);
  }

  /** What made the model of then say what it said of a past decision. */
  async explainDecision(decisionId: string) {
    return (await import('./app/explain-prediction.ts')).explainDecision(this.#parts, await this.#registry(), decisionId);
  }

  async verifyJournal() {
    return (await import('./app/journal-command.ts')).verifyJournal(this.#parts);
  }

  async exportTrades(path: string) {
    return (await import('./app/journal-command.ts')).exportTrades(this.#parts, path);
  }

  /** Keeps an exchange key in the encrypted store. */
  async storeKey(name: string, value: string) {
    return (await import('./app/key-store.ts')).storeKey(this.#parts, name, value);
  }

  async listKeys() {
    return (await import('./app/key-store.ts')).listKeys(this.#parts);
  }

  /** No new risk from now on. @param by who halts, for the record */
  async halt(by: string, why: string) {
    const { haltTrading } = await import('./app/halting.ts');
    return this.#audited(`halt: ${why}`, () => haltTrading(this.#parts, by, why));
  }

  async resume() {
    const { resumeTrading } = await import('./app/halting.ts');
    return this.#audited('resume', () => resumeTrading(this.#parts));
  }

  /** Halts, cancels what is open and sells what is held. */
  async flatten(by: string) {
    const { flatten } = await import('./app/halting.ts');
    return this.#audited('flatten', () => flatten(this.#parts, by));
  }

  async #audited<T>(what: string, act: () => Promise<T>): Promise<T> {
    return (await import('./app/write-audit.ts')).audited(this.#parts, what, act);
  }

  async createBackup() {
    return (await import('./app/backups.ts')).createBackup(this.#parts);
  }

  /** Brings back from other places what this data directory has lost. */
  async fetchBackups() {
    return (await import('./app/backups.ts')).fetchBackups(this.#parts);
  }

  async listBackups() {
    return (await import('./app/backups.ts')).listBackups(this.#parts);
  }

  async verifyBackup(backupId: string) {
    return (await import('./app/backups.ts')).verifyBackup(this.#parts, backupId);
  }

  /** @param target an empty folder; the data directory itself without one, and then only where `isForced` */
  async restoreBackup(backupId: string, target: string | undefined, isForced: boolean) {
    return (await import('./app/backups.ts')).restoreBackup(this.#parts, backupId, target, isForced);
  }

  async pruneBackups(keep: number) {
    return (await import('./app/backups.ts')).pruneBackups(this.#parts, keep);
  }

  async checkStatus() {
    return (await import('./app/check-status.ts')).checkStatus(this.#parts, await this.#registry());
  }

  /** Sends a test to every channel whose secrets are in the environment. */
  async notifyTest() {
    return (await import('./app/notify.ts')).notifyTest(this.#parts);
  }

  async monitorView() {
    return (await import('./app/monitor-view.ts')).monitorView(this.#parts, await this.#registry());
  }

  /** Waits so long in process time, or until it is told to stop. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#parts.timer.sleep(ms, signal).catch(() => undefined);
  }

  async performanceReport(options: PerformanceReportOptions) {
    return (await import('./app/performance-report.ts')).performanceReport(this.#parts, options);
  }

  async close(): Promise<void> {
    await this.#parts.store.close();
  }

  async #registry(): Promise<ModelRegistry> {
    const { ModelRegistry } = await import('./model/index.ts');
    return new ModelRegistry(join(this.#parts.dataDir, PATHS.models), this.clock);
  }

  async #modelStore() {
    const { RegistryModelStore } = await import('./app/registry-model-store.ts');
    return RegistryModelStore.open(await this.#registry(), (why) => this.#parts.onProgress(why));
  }
}
