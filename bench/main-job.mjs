// The demo, ingest of real files, and the walk-forward backtest, as whole commands.
import { join } from 'node:path';
import { ets, hasRecordedData, inTemporaryFolder, median, recordedData } from './measure.mjs';

const FILES = [
  'eth_usdt_1h_binance_2017-2025.csv.gz',
  'eth_usd_daily_yahoo_2017-2025.csv',
  'eth_onchain_daily_etherscan_2015-2025.csv',
  'crypto_fear_greed_daily_2018-2025.csv',
  'eth_staking_daily_validatorqueue_2023-2025.csv',
];

export async function run() {
  const demos = [1, 2, 3].map((i) =>
    inTemporaryFolder((folder) => ets('demo', '--days', '30', '--seed', String(i), '--data-dir', join(folder, 'demo')).ms),
  );
  const demo30DaysMs = Math.round(median(await Promise.all(demos)));
  if (!hasRecordedData) return { demo30DaysMs, real: 'skipped: no folder of recorded data' };
  const real = await inTemporaryFolder((folder) => {
    const ingest = [1, 2, 3].map((i) =>
      ets('ingest', ...FILES.map((file) => join(recordedData, file)), '--data-dir', join(folder, String(i))),
    );
    const rows = ingest[0].json.files.reduce((sum, file) => sum + file.rows, 0);
    const ingestMs = Math.round(median(ingest.map((x) => x.ms)));
    const backtest = ets(
      'backtest',
      '--start',
      '2024-01-01',
      '--end',
      '2024-12-31',
      '--retrain-every',
      '7d',
      '--data-dir',
      join(folder, '1'),
    );
    return {
      ingestRows: rows,
      ingestMs,
      ingestRowsPerS: Math.round((rows / ingestMs) * 1000),
      backtest2024Ms: Math.round(backtest.ms),
      retrains: backtest.json.retrains,
    };
  });
  return { demo30DaysMs, ...real };
}
