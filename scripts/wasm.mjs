// Compiles wasm/search-block.ts (AssemblyScript) to src/model/trees/search-block-bytes.ts: npm run wasm. With --check it writes
// nothing and ends with 1 where the file holds other bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const source = fileURLToPath(new URL('../wasm/search-block.ts', import.meta.url));
const target = new URL('../src/model/trees/search-block-bytes.ts', import.meta.url);
const options = [
  ...['search-block.ts', '--outFile', 'search-block.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'simd,bulk-memory', '--disable', 'mutable-globals'],
];
let bytes;
const { error, stderr } = await asc.main(options, {
  readFile: (name) => (name === 'search-block.ts' ? readFileSync(source, 'utf8') : null),
  writeFile(name, contents) {
    if (name === 'search-block.wasm') bytes = contents;
  },
  listFiles: () => [],
});
if (error !== null || bytes === undefined) throw new Error(`wasm/search-block.ts does not compile: ${stderr.toString()}`);

const lines = Buffer.from(bytes)
  .toString('base64')
  .match(/.{1,120}/g);
const text = `/** wasm/search-block.ts, compiled by \`npm run wasm\`; a test compares. */
export const SEARCH_BLOCK = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('src/model/trees/search-block-bytes.ts is not what wasm/search-block.ts compiles to: npm run wasm');
  process.exit(1);
}
