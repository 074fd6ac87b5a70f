import type { Command } from 'commander';
import { markdownTable } from '../docs/markdown.ts';

/** Options that every command takes, described once. */
const COMMON = new Set(['--data-dir', '--config', '--endpoints', '--env', '--set', '--log-level', '--json', '--help']);

/** docs/cli.md from the commands themselves: every command that does something, with its arguments and options. */
export function commandReference(program: Command): string {
  const leaves = leavesOf(program, [program.name()]);
  const common = leaves[0]?.command.options.filter(({ long }) => COMMON.has(long ?? '')) ?? [];
  const shared = ['## Options of every command', '', optionsTable(common)].join('\n');
  return [shared, ...leaves.map(section)].join('\n\n');
}

interface Leaf {
  readonly command: Command;
  readonly path: readonly string[];
}

function leavesOf(parent: Command, path: readonly string[]): Leaf[] {
  return parent.commands.flatMap((command) => {
    const own = [...path, command.name()];
    return command.commands.length > 0 ? leavesOf(command, own) : [{ command, path: own }];
  });
}

function section({ command, path }: Leaf): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const options = command.options.filter(({ long }) => !COMMON.has(long ?? ''));
  return [
    `## \`${[...path, ...words].join(' ')}\``,
    '',
    `${command.description()}.`,
    ...(options.length > 0 ? ['', optionsTable(options)] : []),
  ].join('\n');
}

const optionsTable = (options: readonly Command['options'][number][]): string =>
  markdownTable([
    ['Option', 'Default', 'Meaning'],
    ...options.map(({ flags, defaultValue, description }) => [
      `\`${flags}\``,
      defaultValue === undefined || (Array.isArray(defaultValue) && defaultValue.length === 0)
        ? '-'
        : `\`${String(defaultValue)}\``,
      description,
    ]),
  ]);
