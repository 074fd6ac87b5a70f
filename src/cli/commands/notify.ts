import { Command } from 'commander';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const notify = (): Command => {
  const group = new Command('notify').description('messages to people');
  group.addCommand(
    withAction(new Command('test').description('send a test to every configured channel'), async ({ openApp }) => {
      const { channels } = await (await openApp()).notifyTest();
      const rows = channels.map(({ channel, ok, error }) => [channel, ok ? 'sent' : 'failed', error ?? '']);
      const text =
        channels.length === 0 ? 'no channel is configured; see .env.example' : table(['channel', 'result', 'error'], rows);
      return { json: { channels }, text, exitCode: channels.some(({ ok }) => !ok) ? 4 : 0 };
    }),
  );
  return group;
};
