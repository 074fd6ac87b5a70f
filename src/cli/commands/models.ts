import { Command, Option } from 'commander';
import type { ExportFormat } from '../../app/export-model.ts';
import { toIso } from '../../domain/time.ts';
import type { KnownVerdicts } from '../../model/index.ts';
import { withAction } from '../command.ts';
import type { CommandResult } from '../command-types.ts';
import { numberOption, timeOption } from '../parse-options.ts';
import { table } from '../table.ts';

export const models = (): Command => {
  const command = new Command('models').description(
    'model versions: list, show, compare, promote, rollback, prune, import, export',
  );
  command.addCommand(
    withAction<{ verdicts?: boolean }>(listCommand(), async ({ openApp, options }) => {
      const app = await openApp();
      if (options.verdicts) return verdictList(await app.modelVerdicts());
      const list = await app.listModels();
      const rows = list.map((x) => [
        x.current ? '*' : '',
        x.modelId,
        toIso(x.createdMs),
        x.metrics.logLoss ?? null,
        x.gate.decision,
        x.gate.reason,
      ]);
      return { json: { models: list }, text: table(['', 'model', 'created', 'log loss', 'gate', 'reason'], rows) };
    }),
  );
  command.addCommand(
    withAction(new Command('show').description('one version').argument('<id>'), async ({ openApp }, id = '') => {
      const model = await (await openApp()).showModel(id);
      return { json: model, text: [JSON.stringify(model, null, 2), ...damaged(model)].join('\n') };
    }),
  );
  command.addCommand(
    withAction(
      new Command('compare').description('two versions side by side').argument('<a>').argument('<b>'),
      async ({ openApp }, a = '', b = '') => {
        const comparison = await (await openApp()).compareModels(a, b);
        return { json: comparison, text: JSON.stringify(comparison, null, 2) };
      },
    ),
  );
  command.addCommand(
    withAction(new Command('promote').description('make a version current').argument('<id>'), async ({ openApp }, id = '') => {
      const result = await (await openApp()).promoteModel(id);
      return { json: result, text: `${result.modelId} is current` };
    }),
  );
  command.addCommand(
    withAction(new Command('rollback').description('back to the version before'), async ({ openApp }) => {
      const result = await (await openApp()).rollbackModel();
      return { json: result, text: `${result.modelId} is current` };
    }),
  );
  command.addCommand(
    withAction<{ keep: string }>(
      new Command('prune')
        .description('remove old versions; never one that serves, served before, is on trial or opened the position held')
        .option('--keep <n>', 'newest versions to keep', '10'),
      async ({ openApp, options }) => {
        const keep = numberOption('--keep', options.keep, { min: 0, integer: true });
        const removed = await (await openApp()).pruneModels(keep);
        const text = removed.length === 0 ? 'nothing to remove' : removed.map((id) => `removed ${id}`).join('\n');
        return { json: { removed }, text };
      },
    ),
  );
  command.addCommand(
    withAction<{ trainedUntil: string }>(
      new Command('import')
        .description('take in a model that LightGBM trained elsewhere (objective=multiclass; its save_model file)')
        .argument('<file>')
        .requiredOption('--trained-until <day>', 'end of its training window: days before it are no test of it'),
      async ({ openApp, options }, file = '') => {
        const trainedUntilMs = timeOption('--trained-until', options.trainedUntil);
        const manifest = await (await openApp()).importModel({ file, trainedUntilMs });
        const { modelId, features } = manifest;
        const next = `judge it with \`ets evaluate --model ${modelId}\`, let it serve with \`ets models promote ${modelId}\``;
        return { json: manifest, text: `${modelId}: ${features.length} features, uncalibrated\n${next}` };
      },
    ),
  );
  command.addCommand(
    withAction<{ out: string; format: ExportFormat }>(
      new Command('export')
        .description('a version for elsewhere: a checked copy, or a file for other runtimes')
        .argument('<id>')
        .addOption(new Option('--format <format>', 'what is written').choices(['copy', 'onnx']).default('copy'))
        .requiredOption('--out <folder>', 'where the copy goes'),
      async ({ openApp, options }, id = '') => {
        const path = await (await openApp()).exportModel(id, options.out, options.format);
        return { json: { path }, text: `written to ${path}` };
      },
    ),
  );
  return command;
};

const listCommand = (): Command =>
  new Command('list')
    .description('every version')
    .option('--verdicts', 'what each training said instead, also of a version that was there before');

const damaged = ({ damagedLines }: Pick<KnownVerdicts, 'damagedLines'>): string[] =>
  damagedLines.length === 0 ? [] : [`Warning: verdicts.ndjson: not readable in line ${damagedLines.join(', ')}`];

function verdictList(known: KnownVerdicts): CommandResult {
  const rows = known.verdicts.map(({ atMs, modelId, metrics, baseline, skill, gate }) => [
    toIso(atMs),
    modelId,
    metrics.days,
    metrics.logLoss,
    baseline.logLoss,
    skill ?? '',
    gate.decision,
    gate.reason,
  ]);
  const heads = ['at', 'model', 'days', 'log loss', 'class shares', 'skill', 'gate', 'reason'];
  return { json: known, text: [table(heads, rows), ...damaged(known)].join('\n') };
}
