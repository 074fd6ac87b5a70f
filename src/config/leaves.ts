import { z } from 'zod';
import { configSchema } from './schema.ts';

/** One setting of the configuration: its dotted path, the environment variable that sets it, and what it is for. */
export interface ConfigLeaf {
  readonly path: string;
  readonly env: string;
  readonly description: string;
}

interface JsonSchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
}

/** JSON Schema (draft 2020-12) of `config.yaml`, for editors and documentation. */
export const configJsonSchema = () => z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });

/** Every setting, in the order of the schema. `strategy.targetExposure` is set by `ETS_STRATEGY_TARGET_EXPOSURE`. */
export function configLeaves(): ConfigLeaf[] {
  const collect = (node: JsonSchemaNode, path: readonly string[]): ConfigLeaf[] =>
    node.properties
      ? Object.entries(node.properties).flatMap(([key, child]) => collect(child, [...path, key]))
      : [{ path: path.join('.'), env: environmentName(path), description: node.description ?? '' }];
  return collect(configJsonSchema() as JsonSchemaNode, []);
}

/** Name of the environment variable that sets a path. */
export const environmentName = (path: readonly string[]): string =>
  `ETS_${path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`)).join('_')}`.toUpperCase();
