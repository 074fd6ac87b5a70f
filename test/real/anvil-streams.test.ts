import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, ManualClock, systemTimer } from '../../src/domain/index.ts';
import { type ChainEvent, StreamProcessor } from '../../src/extraction/index.ts';
import { DataManager } from '../../src/storage/index.ts';
import { type Anvil, startAnvil } from './anvil.fixture.ts';

const DAY = Date.UTC(2024, 2, 1);
const WETH = '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2';
const TRANSFER_TOPIC = 'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
/** Logs Transfer(word 0, word 1, word 2) of its call data. */
const LOGS_TRANSFER = `0x604035600052602035600035${'7f'}${TRANSFER_TOPIC}60206000a300`;

const word = (value: string | bigint) => (typeof value === 'bigint' ? value.toString(16) : value.slice(2)).padStart(64, '0');
const ether = (count: number) => `0x${(BigInt(count) * 10n ** 18n).toString(16)}`;

let folder: string;
let anvil: Anvil;
let store: DataManager;
let streams: StreamProcessor;
const events: ChainEvent[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-anvil-streams-'));
  anvil = await startAnvil(DAY - HOUR_MS);
  const clock = new ManualClock(DAY);
  store = await DataManager.open(folder, { clock });
  events.length = 0;
  streams = new StreamProcessor({
    store,
    clock,
    timer: systemTimer,
    rng: createRng(1),
    urls: { rpc: anvil.url, ws: anvil.url.replace('http', 'ws') },
    toleranceMs: DAY_MS,
    onEvent: (event) => events.push(event),
  });
});
afterEach(async () => {
  await streams.close();
  await anvil.close();
  await store.close();
  await rm(folder, { recursive: true });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((next) => setImmediate(next));
}

describe('the chain stream on an anvil node', () => {
  it('hears heads and token transfers, tells a reorganisation, and stores what is final', async () => {
    const [sender, friend] = [anvil.accounts[0]!, anvil.accounts[1]!];
    await anvil.call('anvil_setCode', WETH, LOGS_TRANSFER);
    await anvil.mineUntil(DAY);
    streams.start((error) => {
      throw error;
    });
    const chain = () => streams.statuses[0]!;
    await until(() => chain().state === 'up');
    const data = `0x${word(sender)}${word(friend)}${word(400n * 10n ** 18n)}`;
    const token = await anvil.sendAt(DAY + 60_000, { from: sender, to: WETH, data });
    const native = await anvil.sendAt(DAY + 72_000, { from: sender, to: friend, value: ether(300) });
    await until(() => events.some(({ kind }) => kind === 'transfer'));
    expect(events[0]).toMatchObject({
      kind: 'transfer',
      isRemoved: false,
      transfer: { transactionHash: token, token: WETH, from: sender.toLowerCase(), amountWei: 400n * 10n ** 18n },
    });
    await anvil.mineUntil(DAY + 240_000);
    const finalMs = async () =>
      Number(((await anvil.call('eth_getBlockByNumber', 'finalized', false)) as { timestamp: string }).timestamp) * 1_000;
    const heard = await finalMs();
    await until(() => chain().completeUntilMs === heard);
    await anvil.call('anvil_reorg', 1, []);
    await until(() => events.some(({ kind }) => kind === 'reorg'));
    await anvil.call('evm_mine');
    const last = await finalMs();
    await until(() => (chain().completeUntilMs ?? 0) >= last);
    await streams.close();
    const blocks = await store.readSeries('live_blocks', 'node:eth:block', {});
    const numbers = [...blocks!.numbers.number!];
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
    expect(blocks!.timeMs.at(-1)).toBeGreaterThanOrEqual(last);
    const transfers = await store.readSeries('live_transfers', 'node:eth:tx', {});
    expect(transfers!.ids!.map((id) => id.split(':')[0])).toEqual([token, native]);
    expect([...transfers!.numbers.amount_eth!]).toEqual([400, 300]);
  });
});
