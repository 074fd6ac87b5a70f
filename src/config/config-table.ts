import { configJsonSchema, environmentName } from './leaves.ts';

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** The settings of one section of the configuration, as rows of docs/configuration.md. */
export interface ConfigSection {
  /** Empty for settings outside of any section. */
  readonly path: string;
  readonly rows: readonly (readonly string[])[];
}

/** Every setting with its path, values, default, environment variable and meaning, from the schema alone. */
export function configSections(): ConfigSection[] {
  const sections = new Map<string, string[][]>();
  const collect = (node: SchemaNode, path: readonly string[]): void => {
    if (node.properties) {
      for (const [key, child] of Object.entries(node.properties)) collect(child, [...path, key]);
      return;
    }
    const section = path.slice(0, -1).join('.');
    const rows = sections.get(section) ?? [['Setting', 'Values', 'Default', 'Environment', 'Meaning']];
    rows.push([
      `\`${path.join('.')}\``,
      valuesOf(node),
      node.default === undefined ? '-' : `\`${JSON.stringify(node.default)}\``,
      `\`${environmentName(path)}\``,
      node.description ?? '',
    ]);
    sections.set(section, rows);
  };
  collect(configJsonSchema() as SchemaNode, []);
  return [...sections].map(([path, rows]) => ({ path, rows }));
}

function valuesOf(node: SchemaNode): string {
  if (node.enum) return node.enum.map(String).join(', ');
  if (node.const !== undefined) return String(node.const);
  if (node.anyOf) return [...new Set(node.anyOf.map(valuesOf))].join(' or ');
  if (Array.isArray(node.type)) return node.type.join(' or ');
  if (node.type === 'array') return `list of ${node.items ? valuesOf(node.items) : 'values'}`;
  if (node.type !== 'number' && node.type !== 'integer')
    return node.type === 'boolean' ? 'true, false' : String(node.type ?? 'any');
  const kind = node.type === 'integer' ? 'whole number' : 'number';
  const low = node.exclusiveMinimum === undefined ? node.minimum : `above ${node.exclusiveMinimum}`;
  return low === undefined || node.maximum === undefined ? kind : `${kind}, ${low} to ${node.maximum}`;
}
