import type { ModelManifest } from './manifest.ts';

const day = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
const figure = (value: number | null): string => (value === null ? '-' : value.toFixed(4));

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const reliabilityTable = (bins: NonNullable<ModelManifest['reliability']>): string[] =>
  bins.length === 0
    ? []
    : [
        '| confidence | days | mean confidence | came true |',
        '|---|---|---|---|',
        ...bins.map(
          ({ from, to, rows, meanConfidence, accuracy }) =>
            `| ${percent(from)} to ${percent(to)} | ${rows} | ${percent(meanConfidence)} | ${percent(accuracy)} |`,
        ),
        '',
      ];

const learnerLines = (learners: ModelManifest['learners']): string[] =>
  learners === undefined
    ? []
    : [
        'Learners, with every setting as it took effect:',
        ...Object.entries({ ...learners.base, meta: learners.meta }).map(
          ([name, spec]) => `- ${name}: \`${JSON.stringify(spec)}\``,
        ),
        '',
      ];

/** What a person wants to know of a version, in Markdown. */
export function modelCard(manifest: ModelManifest): string {
  const { metrics, baseline, gate } = manifest;
  const checks = gate.checks.map(
    ({ name, passed, value, limit }) => `- ${passed ? 'passed' : 'failed'}: ${name} ${figure(value)} against ${figure(limit)}`,
  );
  return [
    `# Model ${manifest.modelId}`,
    '',
    `Trained on ${manifest.rows} days until ${day(manifest.trainedUntilMs)} UTC (BUY ${manifest.classes[0]}, SELL ${manifest.classes[1]}, HOLD ${manifest.classes[2]}),`,
    `prices of ${manifest.canonical.series} (${manifest.canonical.reason}), ${manifest.features.length} features.`,
    '',
    `| over ${metrics.days} walk-forward days | procedure | class shares |`,
    '|---|---|---|',
    `| log loss | ${figure(metrics.logLoss)} | ${figure(baseline.logLoss)} |`,
    `| accuracy | ${figure(metrics.accuracy)} | ${figure(baseline.accuracy)} |`,
    `| Brier | ${figure(metrics.brier)} | ${figure(baseline.brier)} |`,
    `| calibration error | ${figure(metrics.ece)} | ${figure(baseline.ece)} |`,
    '',
    ...reliabilityTable(manifest.reliability ?? []),
    'The scores are those of the procedure, out of sample. The model itself is a refit on the whole window and is unscored.',
    '',
    ...learnerLines(manifest.learners),
    `Gate: **${gate.decision}**, ${gate.reason}`,
    ...checks,
    '',
    `Artifact sha256 ${manifest.artifactSha256}, procedure ${manifest.procedureHash}, features ${manifest.featureCodeHash.slice(0, 16)}, Node ${manifest.node}${manifest.programVersion === undefined ? '' : `, program ${manifest.programVersion}`}.`,
    '',
  ].join('\n');
}
