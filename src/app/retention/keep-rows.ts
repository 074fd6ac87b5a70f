import type { Config } from '../../config/index.ts';
import { DAY_MS, isBuiltInDataset, type TimeMs } from '../../domain/index.ts';
import type { DataManager, DroppedRows } from '../../storage/index.ts';

/** Rows of a training window are made of rows before it: the longest look-back of a feature, with room. */
const LOOKBACK_DAYS = 400;
const isStreamMinute = (series: string): boolean => series.endsWith(':1m');
const CHAIN_STREAMS = ['live_blocks', 'live_transfers'];

type Request = Parameters<DataManager['drop']>[0];

/**
 * What `retention.tables` says is to go. Nothing unless it says so; of what trainings read never so much that a training
 * would see less. @param datasets that have a table
 */
export function dropRequests(config: Config, datasets: readonly string[], nowMs: TimeMs): Request[] {
  const { tables } = config.retention;
  const trained = config.model.trainDays + LOOKBACK_DAYS;
  const request = (dataset: string, days: number | null | undefined, least = 0, isSeries?: (series: string) => boolean) =>
    days === null || days === undefined
      ? []
      : [{ dataset, beforeMs: nowMs - Math.max(days, least) * DAY_MS, ...(isSeries && { isSeries }) }];
  const own = datasets.filter((name) => !isBuiltInDataset(name) && !CHAIN_STREAMS.includes(name));
  return [
    ...request('price_data', tables.streamMinutesDays, Math.ceil(config.streams.repairDays), isStreamMinute),
    ...request('price_data', tables.priceDataDays, trained, (series) => !isStreamMinute(series)),
    ...request('whale_data', tables.whaleDataDays, trained),
    ...request('validator_data', tables.validatorDataDays, trained),
    ...request('blockchain_data', tables.blockchainDataDays, trained),
    ...request('sentiment_data', tables.sentimentDataDays, trained),
    ...request('live_blocks', tables.liveBlocksDays),
    ...request('live_transfers', tables.liveTransfersDays),
    ...own.flatMap((name) => request(name, name in tables.own ? tables.own[name] : tables.ownDays)),
    ...request('quarantine', tables.quarantineDays),
  ].filter(({ dataset }) => dataset === 'quarantine' || datasets.includes(dataset));
}

/** Takes away what is too old, one table at a time, each in one commit. @param signal ends it between two tables */
export async function dropOldRows(
  { store, config, clock }: { readonly store: DataManager; readonly config: Config; readonly clock: { nowMs(): TimeMs } },
  signal?: AbortSignal,
): Promise<DroppedRows[]> {
  const dropped: DroppedRows[] = [];
  for (const request of dropRequests(config, await store.listDatasets(), clock.nowMs())) {
    signal?.throwIfAborted();
    dropped.push(...(await store.drop(request)));
  }
  return dropped;
}
