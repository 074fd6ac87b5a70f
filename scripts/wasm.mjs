// Compiles wasm/*.ts (AssemblyScript) to src/model/trees/grow-tree-bytes.ts: npm run wasm. With --check it writes nothing and
// ends with 1 where the file holds other bytes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const source = (name) => fileURLToPath(new URL(`../wasm/${name}`, import.meta.url));
const target = new URL('../src/model/trees/grow-tree-bytes.ts', import.meta.url);
const options = [
  ...['grow-tree.ts', '--outFile', 'grow-tree.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'simd,bulk-memory', '--disable', 'mutable-globals'],
];
let bytes;
const { error, stderr } = await asc.main(options, {
  readFile: (name) => (!name.includes('/') && existsSync(source(name)) ? readFileSync(source(name), 'utf8') : null),
  writeFile(name, contents) {
    if (name === 'grow-tree.wasm') bytes = contents;
  },
  listFiles: () => [],
});
if (error !== null || bytes === undefined) throw new Error(`wasm/grow-tree.ts does not compile: ${stderr.toString()}`);

const lines = Buffer.from(bytes)
  .toString('base64')
  .match(/.{1,120}/g);
const text = `/** wasm/grow-tree.ts, compiled by \`npm run wasm\`; a test compares. */
export const GROW_TREE = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('src/model/trees/grow-tree-bytes.ts is not what wasm/grow-tree.ts compiles to: npm run wasm');
  process.exit(1);
}
