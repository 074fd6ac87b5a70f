import { Command } from 'commander';
import { withAction } from '../command.ts';
import { numberOption } from '../parse-options.ts';

/** Clears a terminal; a pipe gets the views one after the other. */
const CLEAR = '\u001b[2J\u001b[H';

export const monitor = (): Command =>
  withAction<{ follow?: boolean; every: string }>(
    new Command('monitor')
      .description('the system at a glance')
      .option('--follow', 'again and again, until Ctrl-C')
      .option('--every <s>', 'seconds between two looks', '5'),
    async ({ openApp, options, announce, signal }) => {
      const everyMs = 1000 * numberOption('--every', options.every, { min: 0.1, max: 86_400 });
      const app = await openApp();
      if (!options.follow) {
        const { document, text } = await app.monitorView();
        return { json: document, text };
      }
      while (!signal.aborted) {
        const { document, text } = await app.monitorView();
        announce({ json: document, text: process.stdout.isTTY ? `${CLEAR}${text}` : `${text}\n` });
        await app.pause(everyMs, signal);
      }
      return undefined;
    },
  );
