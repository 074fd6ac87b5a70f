import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../domain/index.ts';
import { type PreparedSeries, prepareFile } from './ingest-file.ts';

const folder = join(import.meta.dirname, '../../../../shared/data');
const NOW = Date.UTC(2026, 0, 5);

const FILES: readonly (readonly [string, string, number])[] = [
  ['crypto_fear_greed_daily_2018-2025.csv', 'sentiment_data alternative_me:fear_greed:1d', 2887],
  ['eth_beacon_deposits_daily_dune_2020-2023.csv', 'validator_data dune:beacon-deposits:1d', 900],
  ['eth_exchange_flows_daily_tokenanalyst_2019.csv', 'whale_data tokenanalyst:exchange-flows:1d', 150],
  ['eth_network_daily_coinmetrics_2015-2020.csv', 'blockchain_data coinmetrics:ethereum:1d', 1825],
  ['eth_onchain_daily_etherscan_2015-2025.csv', 'blockchain_data etherscan:ethereum:1d', 3808],
  ['eth_onchain_hourly_dune_2024-11_2025-10.csv', 'price_data dune:ETH-USD:1h, blockchain_data dune:ethereum:1h', 8232],
  ['eth_staking_daily_validatorqueue_2023-2025.csv', 'validator_data validatorqueue:ethereum:1d', 950],
  ['eth_usd_daily_coingecko_2015-2025.csv', 'price_data coingecko:ethereum:1d', 3685],
  ['eth_usd_daily_gemini_2016-2020.csv', 'price_data gemini:ETHUSD:1d', 1438],
  ['eth_usd_daily_yahoo_2017-2025.csv', 'price_data yahoo:ETH-USD:1d', 2975],
  ['eth_usdt_1h_binance_2017-2025.csv.gz', 'price_data binance:ETHUSDT:1h', 73376],
  ['eth_usdt_1m_binance_2025-05_2025-08.csv.gz', 'price_data binance:ETHUSDT:1m', 130708],
  ['eth_usdt_5m_binance_2023.csv.gz', 'price_data binance:ETHUSDT:5m', 104816],
  ['eth_whale_flows_hourly_2024-11_2025-10.csv', 'whale_data whale_alert:eth:1h', 810],
];

const prepare = (name: string) => prepareFile(join(folder, name), NOW);
const first = async (name: string) => (await prepare(name))[0]!;

/** The row of a day or hour, by column. */
function at({ accepted }: PreparedSeries, timeMs: number): Record<string, number> {
  const row = accepted.timeMs.indexOf(timeMs);
  return Object.fromEntries(Object.entries(accepted.numbers).map(([name, values]) => [name, values[row]!]));
}

describe.skipIf(!existsSync(folder))('recorded files (skipped where ../shared/data is not there)', () => {
  it.each(FILES)('%s', async (name, series, rows) => {
    const prepared = await prepare(name);
    expect(prepared.map(({ accepted }) => `${accepted.dataset} ${accepted.series}`).join(', ')).toBe(series);
    for (const one of prepared) {
      expect([one.rows, one.accepted.timeMs.length, one.rejected, one.duplicates, one.skipped]).toEqual([rows, rows, [], 0, 0]);
    }
  });

  it('keeps of the whale alerts the transfers of Ether, with the parties that the text names', async () => {
    const { accepted, skipped, rejected, notes } = await first('whale_alerts_multi_2025-03_2025-05.csv');
    expect([accepted.series, accepted.timeMs.length, skipped, rejected.length]).toEqual(['whale_alert:eth:tx', 41, 799, 0]);
    expect(notes).toEqual(['799 rows are skipped: they are not transfers of ETH']);
    const row = accepted.timeMs.indexOf(Date.UTC(2025, 2, 6, 19, 50));
    expect([accepted.texts!.from_owner![row], accepted.texts!.to_owner![row], accepted.texts!.flow![row]]).toEqual([
      'Coinbase Institutional',
      null,
      'outflow',
    ]);
    expect(accepted.availableTimeMs[row]! - accepted.timeMs[row]!).toBe(10 * 60_000);
  });

  it('converts units: wei, percent, TH/s, and the sign of a flow', async () => {
    const etherscan = await first('eth_onchain_daily_etherscan_2015-2025.csv');
    expect(at(etherscan, Date.UTC(2025, 11, 31))).toMatchObject({
      tx_count: 2130049,
      gas_price_gwei: 0.55005994,
      fee_usd: Number.NaN,
    });
    expect(at(etherscan, Date.UTC(2022, 5, 16)).fees_eth).toBeCloseTo(658.7653746424581, 9);
    expect(at(etherscan, Date.UTC(2015, 6, 31))).toMatchObject({ tx_count: 0, ether_price_usd: Number.NaN, utilization: 0 });
    expect(at(await first('eth_staking_daily_validatorqueue_2023-2025.csv'), Date.UTC(2025, 11, 31))).toMatchObject({
      staked_share: 0.2931,
      apr: 0.0285,
      entry_queue_eth: 890134,
    });
    expect(at(await first('eth_network_daily_coinmetrics_2015-2020.csv'), Date.UTC(2015, 6, 30)).hash_rate_ghs).toBe(
      27.2119781252705,
    );
    const flows = at(await first('eth_whale_flows_hourly_2024-11_2025-10.csv'), Date.UTC(2024, 10, 4, 7));
    expect(flows.net_inflow_usd).toBe(flows.inflow_usd! - flows.outflow_usd!);
  });

  it('sets CoinGecko’s snapshots beside the closes of Yahoo that end at the same moment', async () => {
    const closes = ({ accepted }: PreparedSeries) =>
      new Map([...accepted.endMs].map((end, row) => [end, accepted.numbers.close![row]!]));
    const yahoo = closes(await first('eth_usd_daily_yahoo_2017-2025.csv'));
    const { accepted } = await first('eth_usd_daily_coingecko_2015-2025.csv');
    const differences = (from: number, to: number) =>
      [...accepted.endMs.keys()]
        .filter((row) => accepted.endMs[row]! >= from && accepted.endMs[row]! < to && yahoo.has(accepted.endMs[row]!))
        .map((row) => Math.abs(accepted.numbers.close![row]! / yahoo.get(accepted.endMs[row]!)! - 1))
        .sort((one, other) => one - other);
    for (const [from, to] of [
      [Date.UTC(2017, 10, 10), Date.UTC(2018, 0, 29)],
      [Date.UTC(2018, 1, 2), NOW],
    ] as const) {
      const sorted = differences(from, to);
      expect(sorted.length).toBeGreaterThan(70);
      expect(sorted[Math.floor(sorted.length / 2)]!).toBeLessThan(0.01);
    }
  });

  it('knows each row from the end of its interval, plus the lag of its source', async () => {
    const lag = async (name: string) => {
      const { accepted } = await first(name);
      return accepted.availableTimeMs[0]! - accepted.timeMs[0]!;
    };
    expect(await lag('eth_usd_daily_yahoo_2017-2025.csv')).toBe(DAY_MS);
    expect(await lag('eth_onchain_daily_etherscan_2015-2025.csv')).toBe(DAY_MS + 12 * HOUR_MS);
    expect(await lag('crypto_fear_greed_daily_2018-2025.csv')).toBe(HOUR_MS);
    expect(await lag('eth_whale_flows_hourly_2024-11_2025-10.csv')).toBe(HOUR_MS + 10 * 60_000);
  });
});
