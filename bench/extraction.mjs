// Reading from nodes: blocks per second of the chain extractor against a bare fetch loop over the same node in the same
// run (anvil where `npm run test:real` has installed it, else the sandbox), and a full list of a million validators.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createRng, HOUR_MS, systemTimer } from '../dist/domain/index.js';
import { createBlockchainExtractor } from '../dist/extraction/blockchain/blockchain-extractor.js';
import { HttpClient } from '../dist/extraction/http/index.js';
import { RpcClient } from '../dist/extraction/rpc/rpc-client.js';
import { sumValidators } from '../dist/extraction/validator/validator-statuses.js';
import { median } from './measure.mjs';

const START = Date.UTC(2024, 2, 1);
const HOURS = 12;
const BLOCK_S = 12;
const ROUNDS = 11;
const BATCH = 100;
const VALIDATORS = 1_000_000;
const anvilBinary = fileURLToPath(new URL('../test/real/node_modules/.bin/anvil', import.meta.url));
const self = fileURLToPath(import.meta.url);

if (process.argv[2] === 'serve') serveValidators();
else if (process.argv[2] === 'sum') await sumInThisProcess(process.argv[3]);

export async function run() {
  const node = existsSync(anvilBinary) ? await startAnvil() : await startSandboxNode();
  try {
    return { chain: await benchChain(node), validators: await benchValidators() };
  } finally {
    node.stop();
  }
}

async function benchChain({ name, url, first, last, range, nowMs }) {
  const bare = [];
  const extracted = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    const blocks = await fetchBare(url, first, last);
    const middle = performance.now();
    const { batches } = await extract(url, range, nowMs);
    const end = performance.now();
    const read = batches[0].numbers.block_count.reduce((sum, count) => sum + count, 0);
    if (Math.abs(read - blocks) > 1) throw new Error(`${read} blocks extracted, ${blocks} fetched`);
    if (round === 0) continue;
    bare.push(blocks / ((middle - start) / 1_000));
    extracted.push(read / ((end - middle) / 1_000));
  }
  const ratios = extracted.map((rate, i) => rate / bare[i]);
  return {
    node: name,
    blocks: last - first + 1,
    bareBlocksPerS: Math.round(median(bare)),
    extractorBlocksPerS: Math.round(median(extracted)),
    ratio: Math.round(median(ratios) * 100) / 100,
  };
}

/** Blocks in batches of 100, four at a time, parsed as JSON and nothing else. */
async function fetchBare(url, first, last) {
  let next = first;
  let read = 0;
  const work = async () => {
    while (next <= last) {
      const start = next;
      next += BATCH;
      const calls = Array.from({ length: Math.min(BATCH, last - start + 1) }, (_, i) => ({
        jsonrpc: '2.0',
        id: i,
        method: 'eth_getBlockByNumber',
        params: [`0x${(start + i).toString(16)}`, false],
      }));
      const reply = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(calls),
      });
      read += (await reply.json()).length;
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return read;
}

function extract(url, range, nowMs) {
  const http = new HttpClient({ fetch, timer: systemTimer, rng: createRng(1) });
  const context = {
    nowMs,
    signal: new AbortController().signal,
    remainingMs: () => 600_000,
    pricesSettled: Promise.resolve(),
  };
  return createBlockchainExtractor(new RpcClient(http, url), systemTimer).extract(range, context);
}

async function startAnvil() {
  const port = 18_545 + (process.pid % 1_000);
  const flags = ['--port', `${port}`, '--chain-id', '1', '--no-mining', '--timestamp', `${START / 1_000}`];
  const child = spawn(anvilBinary, [...flags, '--slots-in-an-epoch', '1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  for await (const chunk of child.stdout) if (String(chunk).includes('Listening on')) break;
  const url = `http://127.0.0.1:${port}`;
  const blocks = (HOURS * 3_600) / BLOCK_S;
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'anvil_mine',
    params: [`0x${(blocks + 10).toString(16)}`, `0x${BLOCK_S.toString(16)}`],
  });
  await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text();
  const range = { startMs: START, endMs: START + (HOURS - 1) * HOUR_MS };
  const nowMs = START + 2 * HOURS * HOUR_MS;
  const last = ((HOURS - 1) * 3_600) / BLOCK_S;
  return { name: 'anvil', url, first: 1, last, range, nowMs, stop: () => process.kill(-child.pid, 'SIGKILL') };
}

async function startSandboxNode() {
  const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [cli, 'sandbox', '--json', '--speed', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(child.stdout, 'data');
  const url = JSON.parse(String(line)).urls.rpc;
  const startMs = Date.UTC(2023, 11, 1);
  const range = { startMs, endMs: startMs + HOURS * HOUR_MS };
  const nowMs = Date.UTC(2024, 0, 1);
  const { blocks } = await extract(url, range, nowMs);
  return { name: 'sandbox', url, first: blocks.first, last: blocks.last, range, nowMs, stop: () => child.kill() };
}

/** A full list as long as Ethereum's, out of one process into another that sums it. */
async function benchValidators() {
  const server = fork(self, ['serve'], { silent: true });
  const [port] = await once(server, 'message');
  const sums = fork(self, ['sum', String(port)], { silent: true });
  const [result] = await once(sums, 'message');
  server.kill();
  return result;
}

function serveValidators() {
  const one = (i) =>
    `{"index":"${i}","balance":"32000000000","status":"${i % 50 === 0 ? 'active_exiting' : 'active_ongoing'}","validator":{"pubkey":"0x${'ab'.repeat(48)}","withdrawal_credentials":"0x${'01'.repeat(32)}","effective_balance":"32000000000","slashed":false,"activation_eligibility_epoch":"0","activation_epoch":"0","exit_epoch":"18446744073709551615","withdrawable_epoch":"18446744073709551615"}}`;
  const server = createServer(async (_request, response) => {
    response.write('{"data":[');
    for (let i = 0; i < VALIDATORS; i += 1_000) {
      const text = Array.from({ length: 1_000 }, (_, at) => one(i + at)).join(',');
      if (!response.write(i === 0 ? text : `,${text}`)) await once(response, 'drain');
    }
    response.end(']}');
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

async function sumInThisProcess(port) {
  const before = process.resourceUsage().maxRSS;
  const start = performance.now();
  const reply = await fetch(`http://127.0.0.1:${port}/`);
  let bytes = 0;
  const counted = (async function* () {
    for await (const chunk of reply.body) {
      bytes += chunk.length;
      yield chunk;
    }
  })();
  const totals = await sumValidators(counted);
  if (totals.active !== VALIDATORS) throw new Error(`${totals.active} active validators`);
  process.send({
    validators: VALIDATORS,
    megabytes: Math.round(bytes / 1e6),
    seconds: Math.round((performance.now() - start) / 100) / 10,
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1_024),
    peakAboveStartMb: Math.round((process.resourceUsage().maxRSS - before) / 1_024),
  });
  process.disconnect();
}
