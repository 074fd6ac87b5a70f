import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { withAction } from '../command.ts';

export const keys = (): Command => {
  const command = new Command('keys').description('the encrypted store of exchange keys: set, list');
  command.addCommand(
    withAction(
      new Command('set').description('keep a key, read from standard input').argument('<name>'),
      async ({ openApp }, name = '') => {
        await (await openApp()).storeKey(name, (await text(process.stdin)).trim());
        return { json: { kept: name }, text: `${name} is kept` };
      },
    ),
  );
  command.addCommand(
    withAction(new Command('list').description('names of the keys that are kept'), async ({ openApp }) => {
      const names = await (await openApp()).listKeys();
      return { json: { keys: names }, text: names.join('\n') || 'no key is kept' };
    }),
  );
  return command;
};
