import { CommanderError } from 'commander';
import { ConfigError } from '../domain/errors.ts';

/** Commander's complaint as one of our errors: exit 2, with a way on. */
export function usageError(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const noCommand = error.code === 'commander.help' || error.code === 'commander.helpDisplayed';
  const message = noCommand ? 'no command given' : error.message.replace(/^error: /, '');
  return new ConfigError('cli.usage', message, {
    hint: `See \`ets ${argv[2] && !argv[2].startsWith('-') && !/unknown command/.test(message) ? `${argv[2]} ` : ''}--help\`.`,
  });
}
