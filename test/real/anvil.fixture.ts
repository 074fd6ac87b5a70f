import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** A real Ethereum node on loopback, with a chain of its own. */
export interface Anvil {
  readonly url: string;
  /** Accounts that hold 10,000 Ether each and may send without a key. */
  readonly accounts: readonly string[];
  /** One JSON-RPC call, beside the code under test. */
  call(method: string, ...params: unknown[]): Promise<unknown>;
  /** Sends a transaction, mines it in a block of its own at `timeMs`, and gives its hash. */
  sendAt(timeMs: number, transaction: Readonly<Record<string, unknown>>): Promise<string>;
  /** Mines empty blocks 12 seconds apart until the newest one is at `timeMs` or after it. */
  mineUntil(timeMs: number): Promise<void>;
  close(): Promise<void>;
}

const BINARY = fileURLToPath(new URL('node_modules/.bin/anvil', import.meta.url));
const BLOCK_S = 12;

/** Starts anvil with its first block at `genesisMs`; two blocks under the newest one are final. */
export async function startAnvil(genesisMs: number): Promise<Anvil> {
  const port = await freePort();
  const seconds = String(genesisMs / 1_000);
  const flags = ['--port', String(port), '--chain-id', '1', '--no-mining', '--timestamp', seconds, '--slots-in-an-epoch', '1'];
  const child = spawn(BINARY, [...flags, '--transaction-block-keeper', '100000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  for await (const chunk of child.stdout) if (String(chunk).includes('Listening on')) break;
  child.stdout.destroy();
  const url = `http://127.0.0.1:${port}`;
  const call = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const { result, error } = (await reply.json()) as { result?: unknown; error?: { message: string } };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  return {
    url,
    accounts: (await call('eth_accounts')) as string[],
    call,
    async sendAt(timeMs, transaction) {
      const hash = (await call('eth_sendTransaction', transaction)) as string;
      await call('evm_setNextBlockTimestamp', timeMs / 1_000);
      await call('evm_mine');
      return hash;
    },
    async mineUntil(timeMs) {
      const newest = (await call('eth_getBlockByNumber', 'latest', false)) as { timestamp: string };
      const blocks = Math.ceil((timeMs / 1_000 - Number(newest.timestamp)) / BLOCK_S);
      await call('evm_setNextBlockTimestamp', Number(newest.timestamp) + BLOCK_S);
      await call('anvil_mine', `0x${blocks.toString(16)}`, `0x${BLOCK_S.toString(16)}`);
    },
    async close() {
      if (child.exitCode !== null) return;
      process.kill(-child.pid!, 'SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
