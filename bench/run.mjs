// npm run bench [-- NAME ...]: runs the benches (all without names) one after the other and prints one JSON document.
// Figures are medians; those of one run compare with each other, not with another machine's.
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';

const folder = new URL('./', import.meta.url);
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs') && !['run.mjs', 'measure.mjs'].includes(file))
  .map((file) => file.replace('.mjs', ''));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no bench called ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  process.exit(2);
}

const results = {};
for (const name of wanted.length > 0 ? wanted : all) {
  console.error(`bench ${name} ...`);
  const { run } = await import(new URL(`${name}.mjs`, folder).href);
  results[name] = await run();
}
console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, results }, null, 2));
