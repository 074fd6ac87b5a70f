import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { numberOption } from '../parse-options.ts';
import { table } from '../table.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const backup = (): Command => {
  const command = new Command('backup').description('backups of the data directory: create, list, verify, restore, fetch, prune');
  command.addCommand(
    withAction(
      new Command('create').description('copy what is new, check the copy, and send it to other places'),
      async ({ openApp }) => {
        const made = await (await openApp()).createBackup();
        const copies = made.copies.map(({ place, files, error }) => `${place}: ${error ?? `${files} files copied`}`);
        const isCopied = made.copies.every(({ error }) => error === null);
        return {
          json: made,
          text: [
            `${made.backupId}: ${made.files} files, ${megabytes(made.bytes)}, ${made.verified ? 'verified' : 'NOT VERIFIED'}`,
            ...copies,
          ].join('\n'),
          exitCode: made.verified ? (isCopied ? 0 : 4) : 3,
        };
      },
    ),
  );
  command.addCommand(
    withAction(new Command('list').description('every backup, oldest first'), async ({ openApp }) => {
      const backups = await (await openApp()).listBackups();
      const rows = backups.map((one) => [
        one.backupId,
        toIso(one.createdMs),
        one.files,
        megabytes(one.bytes),
        one.encrypted ? 'yes' : 'no',
      ]);
      return { json: { backups }, text: table(['backup', 'made', 'files', 'size', 'encrypted'], rows) };
    }),
  );
  command.addCommand(
    withAction(
      new Command('verify').description('restore into a temporary place and compare').argument('<id>'),
      async ({ openApp }, id = '') => {
        const result = await (await openApp()).verifyBackup(id);
        const problems = result.problems.map(({ path, message }) => `${path}: ${message}`);
        return {
          json: result,
          text: result.verified ? `${id} is whole` : problems.join('\n'),
          exitCode: result.verified ? 0 : 3,
        };
      },
    ),
  );
  command.addCommand(
    withAction<{ to?: string; force?: boolean }>(
      new Command('restore')
        .description('write a backup back; refused while a daemon runs')
        .argument('<id>')
        .option('--to <dir>', 'into an empty folder instead of the data directory')
        .option('--force', 'replace what is in the data directory'),
      async ({ openApp, options }, id = '') => {
        const result = await (await openApp()).restoreBackup(id, options.to, options.force === true);
        return { json: result, text: `${result.files} files restored into ${result.target}` };
      },
    ),
  );
  command.addCommand(
    withAction(
      new Command('fetch').description('bring back what other places have and this data directory does not'),
      async ({ openApp }) => {
        const result = await (await openApp()).fetchBackups();
        const lines = result.fetched.map(({ place, files }) => `${place}: ${files} files fetched`);
        return { json: result, text: [...lines, `${result.backups.length} backups are here`].join('\n') };
      },
    ),
  );
  command.addCommand(
    withAction<{ keep: string }>(
      new Command('prune').description('remove all but the newest').option('--keep <n>', 'how many stay', '14'),
      async ({ openApp, options }) => {
        const removed = await (await openApp()).pruneBackups(numberOption('--keep', options.keep, { min: 1, integer: true }));
        return { json: { removed }, text: `${removed.length} backups removed` };
      },
    ),
  );
  return command;
};
