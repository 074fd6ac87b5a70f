import { Command } from 'commander';
import { ConfigError } from '../domain/errors.ts';
import { withAction } from './command.ts';

const LATER = ['replay', 'sources'];

/** Commands of the contract that this version does not have: they say so instead of being unknown. */
export const laterCommands = (): Command[] =>
  LATER.map((name) =>
    withAction(new Command(name).allowUnknownOption().allowExcessArguments().description('not in this version'), async () => {
      throw new ConfigError('cli.not_in_this_version', `ets ${name}: not in this version`);
    }),
  );
