// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cases are sources, as text
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { htmlIsEscaped, noShell, parse, pathsAreChecked, type SourceRule, sqlIsQuoted } from './source-rules.fixture.ts';

const root = resolve('.');
const files = ['src', 'scripts', 'bench'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !/\.(test|contract|fixture)\.ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);

interface Case {
  readonly rule: SourceRule;
  readonly files: RegExp;
  /** Places that a person has looked at: file, what it begins with, and why it is right. */
  readonly allowed: readonly (readonly [file: string, text: string, why: string])[];
  readonly bad: readonly string[];
  readonly good: readonly string[];
}

const RULES: Readonly<Record<string, Case>> = {
  'SQL is quoted': {
    rule: sqlIsQuoted,
    files: /^src\//,
    allowed: [
      [
        'src/storage/export-table.ts',
        '`COPY (${query})',
        'the query is made of quoted file names, the format is one of two constants',
      ],
      ['src/storage/parquet-file.ts', '`COPY (SELECT ${selected', 'each column is a quoted name, or a quoted text'],
      ['src/storage/parquet-file.ts', '`SELECT ${selected', 'each column is a quoted name'],
      ['src/extraction/ingest/read-duck.ts', '`DESCRIBE SELECT', 'the source is made by scanOf and its like'],
      ['src/extraction/ingest/read-duck.ts', '`SELECT ${selected', 'each column is a quoted name; the source as before'],
    ],
    bad: [
      'const f = (name: string) => run(`SELECT * FROM ${name}`);',
      'const where = given; run(`SELECT a FROM t WHERE ${where}`);',
      "run(`COPY (SELECT 1) TO '${path}' (FORMAT csv)`);",
      'run(`SELECT ${columns.map((one) => one.name).join()} FROM t`);',
    ],
    good: [
      'run(`SELECT * FROM ${quoteName(name)} WHERE at > ${Math.floor(at)}`);',
      "const order = isUp ? 'ASC' : 'DESC'; run(`SELECT * FROM t ORDER BY a ${order}`);",
      'run(`SELECT ${names.map((one) => quoteName(one)).join(", ")} FROM ${fileList(paths)}`);',
    ],
  },
  'paths out of requests are checked': {
    rule: pathsAreChecked,
    files: /^src\//,
    allowed: [
      ['src/app/export-model.ts', 'join(folder, `${modelId}.onnx`)', 'the registry has loaded a version of this name'],
      ['src/app/file-walk-forward-cache.ts', 'join(this.#folder, `${key}.f64`)', 'the key is a hash'],
      [
        'src/app/transfer-requests.ts',
        'join(dataDir, PATHS.requests, `transfer-${id}.json`)',
        'the id passed the form of a request',
      ],
      ['src/app/transfer-requests.ts', 'join(dataDir, PATHS.requests, `transfer-${id}.answer`)', 'as before'],
      ['src/app/write-report.ts', 'resolve(folder, `${name}.html`)', 'a constant, or a run id made here'],
      ['src/storage/table-store.ts', 'join(this.directory, name)', 'a name that the folder was listed with'],
      [
        'src/app/daemon/daemon-service.ts',
        'join(parts.dataDir, PATHS.pushed',
        'the route takes a name of letters, digits and _ only',
      ],
      ['src/extraction/drop/find-drops.ts', 'join(dataDir, folder, name)', 'a name that the folder was listed with'],
      ['src/model/registry/version-folder.ts', 'join(folder, name, MANIFEST)', 'a name that the folder was listed with'],
      ['src/storage/backup/folder-place.ts', 'join(folder, key)', 'keys are hashes and ids of backups'],
    ],
    bad: [
      'const read = (request: R) => readFile(join(folder, request.params.file));',
      'function show(modelId: string) { return join(folder, `${modelId}.json`); }',
      'const at = ({ name }: { name: string }) => resolve(folder, name);',
      'const it = resolve(process.argv[2]!);',
    ],
    good: [
      'function show(modelId: string) { if (!/^\\w+$/.test(modelId)) throw error; return join(folder, modelId); }',
      "const own = join(folder, 'manifest.json');",
    ],
  },
  'HTML is escaped': {
    rule: htmlIsEscaped,
    files: /^src\//,
    allowed: [
      ['src/server/status-page.ts', '`<tr>', 'cells go through escapeHtml'],
      ['src/server/status-page.ts', '`<td>', 'as before'],
      ['src/server/status-page.ts', '`<!doctype html>', 'numbers, constants, and texts that went through escapeHtml'],
      ['src/server/status-page.ts', '`<svg', 'numbers'],
      ['src/sandbox/servers/http-host.ts', '`${textOf(reply)', 'a malformed reply of a simulated fault, which no browser reads'],
      ['src/sandbox/servers/socket-host.ts', '`${text.slice', 'as before'],
    ],
    bad: [
      'const page = `<h1>${title}</h1>`;',
      'const cell = html`<td>${new Markup(`<b>${text}</b>`)}</td>`;',
      "const row = '<td>' + text;",
      'element.innerHTML = text;',
    ],
    good: ['const page = html`<h1>${title}</h1>`;', 'const small = `${a} < ${b}`;', 'const hint = `name it <file>`;'],
  },
  'no program is started by a shell': {
    rule: noShell,
    files: /^(src|scripts|bench)\//,
    allowed: [],
    bad: [
      "import { exec } from 'node:child_process';",
      "import { execSync as run } from 'child_process';",
      'spawn(command, { shell: true });',
      "execFileSync('bash', ['-c', command]);",
    ],
    good: ["import { spawn } from 'node:child_process';", 'spawn(process.execPath, [file], { shell: false });'],
  },
};

describe.each(Object.entries(RULES))('%s', (_, { rule, files: where, allowed, bad, good }) => {
  it('in every file', () => {
    const looked = files.filter((file) => where.test(file));
    expect(looked.length).toBeGreaterThan(300);
    const found = looked.flatMap((file) =>
      rule(parse(file, readFileSync(join(root, file), 'utf8'))).map(({ line, text }) => ({ file, line, text })),
    );
    const isAllowed = ({ file, text }: { file: string; text: string }) =>
      allowed.some(([place, begin]) => place === file && text.startsWith(begin));
    expect(found.filter((one) => !isAllowed(one)).map(({ file, line, text }) => `${file}:${line} ${text}`)).toEqual([]);
    for (const [file, begin] of allowed)
      expect(
        found.some((one) => one.file === file && one.text.startsWith(begin)),
        `${file} ${begin}`,
      ).toBe(true);
  });

  it.each(bad)('does not allow %s', (text) => {
    expect(rule(parse('bad.ts', text)).length).toBeGreaterThan(0);
  });

  it.each(good)('allows %s', (text) => {
    expect(rule(parse('good.ts', text))).toEqual([]);
  });
});
