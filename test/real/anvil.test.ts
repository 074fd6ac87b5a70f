import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, ManualClock, systemTimer } from '../../src/domain/index.ts';
import { createExtractionAgent } from '../../src/extraction/index.ts';
import { DataManager } from '../../src/storage/index.ts';
import { type Anvil, startAnvil } from './anvil.fixture.ts';

const DAY = Date.UTC(2024, 2, 1);
const GENESIS = DAY - HOUR_MS;
const WETH = '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2';
const FORWARDER = `0x${'f0'.repeat(20)}`;
const TRANSFER_TOPIC = 'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
/** Logs Transfer(word 0, word 1, word 2) of its call data. */
const LOGS_TRANSFER = `0x604035600052602035600035${'7f'}${TRANSFER_TOPIC}60206000a300`;
/** Sends what it got on to the address in its call data. */
const SENDS_ON = '0x600060006000600034600035 5af100'.replace(' ', '');

const word = (value: string | bigint) => (typeof value === 'bigint' ? value.toString(16) : value.slice(2)).padStart(64, '0');
const ether = (count: number) => `0x${(BigInt(count) * 10n ** 18n).toString(16)}`;
const number = (quantity: unknown) => Number(quantity);

let folder: string;
let anvil: Anvil;
let store: DataManager;
let clock: ManualClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-anvil-'));
  anvil = await startAnvil(GENESIS);
  clock = new ManualClock(DAY + DAY_MS);
  store = await DataManager.open(folder, { clock, timer: systemTimer });
});
afterEach(async () => {
  await anvil.close();
  await store.close();
  await rm(folder, { recursive: true });
});

const agent = (options: object = {}) =>
  createExtractionAgent({
    store,
    clock,
    timer: systemTimer,
    rng: createRng(1),
    urls: { rpc: anvil.url },
    stateFile: join(folder, 'state.json'),
    addressLabels: [{ address: anvil.accounts[9]!, owner: 'an exchange', kind: 'exchange', knownSinceMs: 0 }],
    ...options,
  });

const rowsOf = async (dataset: string, series: string) => {
  const found = await store.readSeries(dataset, series, {});
  if (!found) throw new Error(`${series} has no rows`);
  return found;
};

/** Three hours of blocks; in the second one transfers of every kind. */
async function makeChain() {
  const [sender, friend] = [anvil.accounts[0]!, anvil.accounts[1]!];
  const exchange = anvil.accounts[9]!;
  await anvil.call('anvil_setCode', WETH, LOGS_TRANSFER);
  await anvil.call('anvil_setCode', FORWARDER, SENDS_ON);
  const at = DAY + HOUR_MS;
  await anvil.mineUntil(at);
  const logged = `0x${word(sender)}${word(friend)}${word(400n * 10n ** 18n)}`;
  const hashes = {
    native: await anvil.sendAt(at + 12_000, { from: sender, to: exchange, value: ether(300) }),
    small: await anvil.sendAt(at + 24_000, { from: sender, to: exchange, value: ether(3) }),
    token: await anvil.sendAt(at + 36_000, { from: sender, to: WETH, data: logged }),
    internal: await anvil.sendAt(at + 48_000, { from: friend, to: FORWARDER, value: ether(500), data: `0x${word(exchange)}` }),
    creation: await anvil.sendAt(at + 60_000, { from: friend, data: '0x00' }),
  };
  await anvil.mineUntil(DAY + 3 * HOUR_MS + 120_000);
  return hashes;
}

describe('chain activity of a real node', () => {
  it.each(['headers', 'full'] as const)('at depth %s equals what the blocks themselves say', async (blockDepth) => {
    await makeChain();
    const { days } = await agent({ datasets: ['blockchain_data'], blockDepth }).extractDay(DAY);
    expect(days[0]!.datasets.find(({ dataset }) => dataset === 'blockchain_data')).toMatchObject({ status: 'partial', rows: 3 });
    const { numbers, timeMs } = await rowsOf('blockchain_data', 'node:ethereum:1h');
    expect([...timeMs]).toEqual([DAY, DAY + HOUR_MS, DAY + 2 * HOUR_MS]);
    const truth = await sumsOfHour(DAY + HOUR_MS);
    expect(numbers.block_count![1]).toBe(truth.blocks);
    expect(numbers.tx_count![1]).toBe(5);
    expect(numbers.gas_used![1]).toBe(truth.gasUsed);
    expect(numbers.burnt_eth![1]).toBeCloseTo(truth.burntEth, 15);
    expect(numbers.priority_fee_gwei![1]).toBeGreaterThan(0);
    if (blockDepth === 'full') {
      expect(numbers.transfer_volume_eth![1]).toBe(803);
      expect(numbers.contract_creations![1]).toBe(1);
      expect(numbers.active_senders![1]).toBe(2);
    }
  });

  it('reads again what a reorganisation changed, and keeps the former revision', async () => {
    await makeChain();
    const extraction = agent({ datasets: ['blockchain_data'] });
    await extraction.extractDay(DAY);
    await expectTruth();
    const head = number(await anvil.call('eth_blockNumber'));
    const sent = { from: anvil.accounts[3], to: anvil.accounts[4], value: '0x1' };
    await anvil.call('anvil_reorg', head - 400, [[sent, 0]]);
    await anvil.mineUntil(DAY + 5 * HOUR_MS + 120_000);
    await extraction.extractDay(DAY);
    await expectTruth();
    expect(await store.verify()).toMatchObject({ ok: true });
  });
});

describe('large transfers of a real node', () => {
  it('are found by transaction, by log and by trace, each once, with their direction', async () => {
    const hashes = await makeChain();
    const extraction = agent({ datasets: ['whale_data'], traces: true, urls: { rpc: ['http://127.0.0.1:9', anvil.url] } });
    await extraction.extractDay(DAY);
    await extraction.extractDay(DAY, { resume: false });
    const { ids, texts, numbers, rows } = await rowsOf('whale_data', 'node:eth:tx');
    expect(rows).toBe(4);
    const found = Object.fromEntries(ids!.map((id, i) => [id, [numbers.amount_eth![i], texts!.symbol![i], texts!.flow![i]]]));
    expect(found).toEqual({
      [hashes.native]: [300, 'ETH', 'inflow'],
      [`${hashes.token}:0`]: [400, 'WETH', 'wallet'],
      [hashes.internal]: [500, 'ETH', 'wallet'],
      [`${hashes.internal}:internal-0`]: [500, 'ETH', 'inflow'],
    });
  });
});

/** The last revision of every stored hour equals what the node's blocks say now. */
async function expectTruth() {
  const { timeMs, numbers } = await rowsOf('blockchain_data', 'node:ethereum:1h');
  for (const [hourMs, row] of new Map([...timeMs].map((time, i) => [time, i]))) {
    const truth = await sumsOfHour(hourMs);
    expect([numbers.block_count![row], numbers.gas_used![row]]).toEqual([truth.blocks, truth.gasUsed]);
  }
}

/** What the blocks of one hour add up to, read one by one. */
async function sumsOfHour(hourMs: number) {
  let [blocks, gasUsed, burntEth] = [0, 0, 0];
  for (let height = number(await anvil.call('eth_blockNumber')); height >= 0; height -= 1) {
    const block = (await anvil.call('eth_getBlockByNumber', `0x${height.toString(16)}`, false)) as Record<string, string>;
    const timeMs = number(block.timestamp) * 1_000;
    if (timeMs < hourMs) break;
    if (timeMs >= hourMs + HOUR_MS) continue;
    blocks += 1;
    gasUsed += number(block.gasUsed);
    burntEth += (number(block.gasUsed) * number(block.baseFeePerGas)) / 1e18;
  }
  return { blocks, gasUsed, burntEth };
}
