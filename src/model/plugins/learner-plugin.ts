import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, type Matrix, ModelError } from '../../domain/index.ts';

/** What a plug-in learns from: row-major values with NaN where missing, one label a row. */
export interface PluginWindow extends Matrix {
  readonly labels: Uint8Array;
  /** One a row, not negative; `null` where every row counts the same. */
  readonly weights: Float64Array | null;
  readonly classes: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * A learner of somebody else, the exports of an ES module. Both functions are synchronous and depend on nothing but what
 * they are given, so that the same training makes the same bytes on every thread.
 */
export interface LearnerPlugin {
  /** @returns the fitted model as bytes */
  fit(window: PluginWindow): Uint8Array;
  /** @returns what predicts with such a model: probabilities, `classes` a row, each row summing to 1 */
  load(model: Uint8Array): (X: Matrix) => Float64Array;
}

/** Which plug-in, as it stands in models and goes to worker threads. */
export interface PluginRef {
  readonly name: string;
  /** Absolute path of the module. */
  readonly path: string;
  /** Of the module's own text, not of what it imports. */
  readonly sha256: string;
}

const loaded = new Map<string, { readonly ref: PluginRef; readonly plugin: LearnerPlugin }>();

/**
 * Loads a plug-in of the configuration into this thread. It runs with all rights of this program.
 * @throws ConfigError `plugin.unreadable`, `plugin.not_a_learner`
 */
export async function loadPlugin(name: string, module: string): Promise<PluginRef> {
  const path = resolve(module);
  const text = await readFile(path).catch((cause: unknown) => {
    throw new ConfigError('plugin.unreadable', `the plug-in ${name} cannot be read from ${path}`, {
      hint: 'Correct model.plugins.',
      cause,
    });
  });
  const ref = { name, path, sha256: createHash('sha256').update(text).digest('hex') };
  const plugin = (await import(`${pathToFileURL(path).href}?${ref.sha256}`).catch((cause: unknown) => {
    throw new ConfigError('plugin.not_a_learner', `the plug-in ${name} cannot be run: ${String(cause)}`, {
      hint: 'It has to be an ES module.',
      cause,
    });
  })) as Partial<LearnerPlugin>;
  const { fit, load } = plugin;
  if (typeof fit !== 'function' || typeof load !== 'function') {
    throw new ConfigError('plugin.not_a_learner', `the plug-in ${name} does not export fit and load`, {
      hint: 'See docs/models.md, "Learners of one\'s own".',
    });
  }
  loaded.set(name, { ref, plugin: { fit, load } });
  return ref;
}

/** Loads it unless it is here already; used by worker threads. @throws as `loadPlugin`; ModelError `plugin.changed` */
export async function ensurePlugin({ name, path, sha256 }: PluginRef): Promise<void> {
  if (loaded.get(name)?.ref.sha256 === sha256) return;
  const ref = await loadPlugin(name, path);
  if (ref.sha256 !== sha256) throw changed(name);
}

/** What `loadPlugin` returned for it. @throws ModelError `plugin.not_loaded` */
export const pluginRef = (name: string): PluginRef => loadedAs(name).ref;

/** @throws ModelError `plugin.not_loaded`, `plugin.changed` where it is another than the model was made with */
export function pluginOf(name: string, sha256: string): LearnerPlugin {
  const { ref, plugin } = loadedAs(name);
  if (ref.sha256 !== sha256) throw changed(name);
  return plugin;
}

function loadedAs(name: string) {
  const found = loaded.get(name);
  if (!found) {
    throw new ModelError('plugin.not_loaded', `the model needs the plug-in ${name}`, {
      hint: 'Name it in model.plugins, or go back with `ets models rollback`.',
    });
  }
  return found;
}

const changed = (name: string) =>
  new ModelError('plugin.changed', `the plug-in ${name} is not the one the model was made with`, {
    hint: 'Put the old module back, or train anew.',
  });
