// Preloaded into a process: at every SIGUSR2 it collects garbage and appends what memory it holds, in MB, to a file.
// Environment: ETS_TEST_HELD_MEMORY, the file
import { appendFileSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  const mb = (bytes) => Math.round(bytes / 1024 / 1024);
  process.on('SIGUSR2', () => {
    const before = mb(process.memoryUsage.rss());
    collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    const held = { pid: process.pid, before, resident: mb(rss), heap: mb(heapUsed), external: mb(external) };
    appendFileSync(process.env.ETS_TEST_HELD_MEMORY, `${JSON.stringify(held)}\n`);
  });
}
