import { Command } from 'commander';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const processNewData = (): Command =>
  withAction(new Command('process-new-data').description('merge files copied into the data directory'), async ({ openApp }) => {
    const { files, refused } = await (await openApp()).processNewData();
    const rows = files.map((x) => [x.file, x.dataset, x.rows, x.stored, x.quarantined]);
    const text = files.length === 0 ? 'no new files' : table(['file', 'dataset', 'rows', 'stored', 'quarantined'], rows);
    const complaints = refused.map((x) => `${x.file}: ${x.error.message}`);
    return { json: { files, refused }, text: [text, ...complaints].join('\n'), exitCode: refused.length > 0 ? 3 : 0 };
  });
