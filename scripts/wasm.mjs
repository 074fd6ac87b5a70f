// Compiles each program wasm/grow-*.ts (AssemblyScript) to a file in src/model/trees: npm run wasm. With --check it writes nothing
// and ends with 1 where a file holds other bytes.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const sources = new URL('../wasm/', import.meta.url);
const targets = new URL('../src/model/trees/', import.meta.url);

async function compile(program) {
  const options = [
    ...[`${program}.ts`, '--outFile', 'program.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
    ...['--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    ...['--enable', 'simd,bulk-memory', '--disable', 'mutable-globals'],
  ];
  let bytes;
  const { error, stderr } = await asc.main(options, {
    readFile(name) {
      const file = new URL(name, sources);
      return existsSync(file) ? readFileSync(file, 'utf8') : null;
    },
    writeFile(name, contents) {
      if (name === 'program.wasm') bytes = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || bytes === undefined) throw new Error(`wasm/${program}.ts does not compile: ${stderr.toString()}`);
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,120}/g);
  return `/** wasm/${program}.ts, compiled by \`npm run wasm\`; a test compares. */
export const ${program.toUpperCase().replaceAll('-', '_')} = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
}

for (const program of readdirSync(sources)
  .filter((file) => file.startsWith('grow-'))
  .map((file) => file.replace('.ts', ''))) {
  const target = new URL(`wasm-${program}.ts`, targets);
  const text = await compile(program);
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text) {
    console.error(`src/model/trees/wasm-${program}.ts is not what wasm/${program}.ts compiles to: npm run wasm`);
    process.exit(1);
  }
}
