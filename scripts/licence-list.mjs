/** Licences that let this program be run, changed and passed on without terms of their own for it. */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
];
/** Packages whose lock entry names no licence, and where it was read. */
const KNOWN = [{ pattern: /^@duckdb\/node-bindings/, licence: 'MIT' }];

/** Packages that are installed for running, with their licence, by name. */
export function licencesOf({ packages }) {
  const found = new Map();
  for (const [path, { version, license, dev }] of Object.entries(packages)) {
    if (path === '' || dev === true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = license ?? KNOWN.find(({ pattern }) => pattern.test(name))?.licence ?? 'unknown';
    found.set(`${name}@${version}`, { name, version, licence });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
}

/** Whether one of the licences that an expression offers is allowed, and none that it demands is not. */
export const isAllowed = (expression) =>
  expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => ALLOWED.includes(one.trim())));

export function licenceDocument(list) {
  const licences = [...new Set(list.map(({ licence }) => licence))].sort();
  const parts = licences.map((licence) =>
    [
      `## ${licence}`,
      '',
      ...list.filter((one) => one.licence === licence).map(({ name, version }) => `- ${name} ${version}`),
      '',
    ].join('\n'),
  );
  return [
    '# Licences',
    '',
    'What `npm ci --omit=dev` installs beside this program, which itself is under the licence in [LICENSE](../LICENSE). Made by',
    '`npm run licences` from package-lock.json; a test refuses licences that are not on its list.',
    '',
    ...parts,
  ].join('\n');
}
