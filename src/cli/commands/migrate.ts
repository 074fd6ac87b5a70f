import { Command } from 'commander';
import { withAction } from '../command.ts';

interface Options {
  readonly back?: boolean;
}

/** Every command migrates when it opens the data directory; this one does nothing else, for a deployment. */
export const migrate = (): Command =>
  withAction<Options>(
    new Command('migrate')
      .description('bring the data directory to the form of this version, as every other command does first')
      .option('--back', 'give it the form of the version before, where an upgrade did not come to work'),
    async ({ options }) => {
      const { dataDirOf } = await import('../open-cli-app.ts');
      const { undoDataUpgrade, upgradeDataDir } = await import('../../app.ts');
      if (options.back === true) {
        const undone = await undoDataUpgrade(dataDirOf(options));
        return { json: undone, text: `layout ${undone.layout}; restored: ${undone.restored.join(', ') || 'nothing'}` };
      }
      const done = await upgradeDataDir(dataDirOf(options));
      return {
        json: done,
        text: `layout ${done.layout}; migrated: ${done.migrated.map(({ file }) => file).join(', ') || 'nothing'}`,
      };
    },
  );
