import { afterEach, describe, expect, it } from 'vitest';
import { systemTimer } from '../../domain/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/index.ts';
import { connectMarket } from './connect-market.ts';
import { connectNode } from './connect-node.ts';
import type { StreamSink } from './supervise-stream.ts';

const START_MS = Date.UTC(2024, 0, 1);
let sandbox: Sandbox;
afterEach(() => sandbox.close());

const open = async (...faults: string[]) => {
  sandbox = await startSandbox({ seed: 2, startMs: START_MS, edge: 0, speed: 0, faults });
};
const node = (chainId = 1) => connectNode({ url: sandbox.urls.ws, timer: systemTimer, chainId, tokens: [], minWei: 0n });

/** A sink that keeps what it is given, and resolves when the connection is over. */
function collect<Message>() {
  const messages: Message[] = [];
  const refused: unknown[] = [];
  let over: (error: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => {
    over = resolve;
  });
  const sink: StreamSink<Message> = {
    push: (message) => messages.push(message),
    refuse: (error) => refused.push(error),
    fail: (error) => over(error),
  };
  return { sink, messages, refused, ended };
}

describe.each([
  ['market', 'binanceWs', () => connectMarket(sandbox.urls.binanceWs)],
  ['node', 'ws', () => node()],
] as const)('a connection to the %s', (_, source, connect) => {
  it.each([`${source}:500`, `${source}:429=3`, `${source}:cut`])('fails with a code where the source says %s', async (fault) => {
    await open(fault);
    const attempt = connect()(collect<unknown>().sink, AbortSignal.timeout(5_000));
    await expect(attempt).rejects.toMatchObject({ code: 'stream.unreachable' });
  });

  it.each([`${source}:hang`, `${source}:malformed`])('ends with its signal where the source says %s', async (fault) => {
    await open(fault);
    const attempt = connect()(collect<unknown>().sink, AbortSignal.timeout(300));
    await expect(attempt).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('fails when the source goes away', async () => {
    await open();
    const { sink, ended } = collect<unknown>();
    await connect()(sink, new AbortController().signal);
    await sandbox.close();
    expect(await ended).toMatchObject({ code: 'stream.unreachable' });
  });
});

describe('a connection', () => {
  it('to a node of another chain is refused', async () => {
    await open();
    const attempt = node(5)(collect<never>().sink, AbortSignal.timeout(5_000));
    await expect(attempt).rejects.toMatchObject({ code: 'rpc.wrong_chain' });
  });

  it('to the market takes a trade once, and ends where trades are missing', async () => {
    await open('binanceWs:duplicate-events');
    const { sink, messages, ended } = collect<{ readonly kind: string }>();
    await connectMarket(sandbox.urls.binanceWs)(sink, new AbortController().signal);
    const move = (minutes: number) => sandbox.clock.moveTo(sandbox.clock.nowMs() + minutes * 60_000);
    move(3);
    while (messages.filter(({ kind }) => kind === 'closed').length < 6) await new Promise((next) => setImmediate(next));
    move(1);
    while (messages.filter(({ kind }) => kind === 'closed').length < 8) await new Promise((next) => setImmediate(next));
    expect(messages.filter(({ kind }) => kind === 'trade').length).toBeLessThanOrEqual(4);
    await fetch(`${sandbox.urls.control}/faults`, { method: 'POST', body: '{"faults":["binanceWs:malformed"]}' });
    move(1);
    await fetch(`${sandbox.urls.control}/faults`, { method: 'POST', body: '{"faults":[]}' });
    move(1);
    expect(await ended).toMatchObject({ code: 'stream.sequence_gap' });
  });
});
