import { join } from 'node:path';
import { PredictionLog } from '../model/index.ts';
import { PATHS } from './app-parts.ts';

/** What models said before the outcome was known: gates compare with it. */
export interface PredictionHistory {
  /** Of the models that served. */
  readonly served: PredictionLog;
  /** Of challengers, which nobody followed. */
  readonly shadow: PredictionLog;
}

/** @throws DataError `predictions.damaged` */
export const openPredictionHistory = async (dataDir: string): Promise<PredictionHistory> => ({
  served: await PredictionLog.open(join(dataDir, PATHS.predictions)),
  shadow: await PredictionLog.open(join(dataDir, PATHS.shadowPredictions)),
});
