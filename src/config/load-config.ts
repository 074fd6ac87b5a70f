import { existsSync, readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { ConfigError } from '../domain/index.ts';
import { configLeaves } from './leaves.ts';
import { type ConfigProblem, nearest, toProblems } from './problems.ts';
import { type Config, configSchema } from './schema.ts';

export interface ConfigInputs {
  /** Path given by the user; it must exist. Without one `config/config.yaml` is read where present. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `path=value` pairs of the command line, last one wins. */
  readonly overrides?: readonly string[];
}

const DEFAULT_CONFIG_FILE = 'config/config.yaml';

/** File < environment < command line. @throws ConfigError `config.invalid` that names every wrong path */
export function loadConfig(inputs: ConfigInputs): Config {
  const result = checkConfig(inputs);
  if (result.config) return result.config;
  const first = result.problems[0]!;
  throw new ConfigError('config.invalid', `configuration: ${first.path}: ${first.message}`, {
    details: { problems: result.problems },
    hint: 'See every problem with `ets config validate`.',
  });
}

/** The configuration, or everything that is wrong with it. @throws ConfigError where the file cannot be read at all */
export function checkConfig(inputs: ConfigInputs): { config?: Config; problems: ConfigProblem[] } {
  const tree = readFile(inputs.file);
  const leaves = configLeaves();
  const known = new Set(leaves.map((leaf) => leaf.path));
  const problems: ConfigProblem[] = [];
  for (const leaf of leaves) {
    const text = inputs.env[leaf.env];
    if (text !== undefined && text !== '') setPath(tree, leaf.path, scalar(text));
  }
  for (const override of inputs.overrides ?? []) {
    const split = override.indexOf('=');
    const path = override.slice(0, split).trim();
    if (split > 0 && known.has(path)) setPath(tree, path, scalar(override.slice(split + 1)));
    else problems.push({ path: path || override, message: unknownOverride(override, split, [...known]) });
  }
  const parsed = configSchema.safeParse(tree);
  if (!parsed.success)
    problems.push(
      ...toProblems(
        parsed.error,
        [...known].flatMap((path) => path.split('.')),
      ),
    );
  return parsed.success && problems.length === 0 ? { config: parsed.data, problems } : { problems };
}

function unknownOverride(override: string, split: number, known: readonly string[]): string {
  if (split <= 0) return `expected path=value, got "${override}"`;
  const near = nearest(override.slice(0, split), known);
  return `no such setting${near ? `; did you mean "${near}"?` : ''}`;
}

function readFile(file: string | undefined): Record<string, unknown> {
  const path = file ?? DEFAULT_CONFIG_FILE;
  if (!existsSync(path)) {
    if (file === undefined) return {};
    throw new ConfigError('config.file_missing', `there is no configuration file ${file}`, { hint: 'Check --config.' });
  }
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8')) ?? {};
    if (typeof content !== 'object' || Array.isArray(content)) throw new TypeError('expected a mapping at the top');
    return content as Record<string, unknown>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ConfigError('config.unreadable', `${path} is not readable YAML: ${why}`, { cause });
  }
}

function setPath(tree: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let node = tree;
  for (const key of keys) {
    const child = node[key];
    node[key] = typeof child === 'object' && child !== null && !Array.isArray(child) ? { ...child } : {};
    node = node[key] as Record<string, unknown>;
  }
  node[last] = value;
}

/** Numbers, booleans, null, lists and mappings of the environment and the command line are written as in YAML. */
function scalar(text: string): unknown {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  if (!/^(\[.*\]|\{.*\})$/s.test(text)) return text;
  try {
    return parseYaml(text);
  } catch {
    return text;
  }
}
