import { CLASS_LABELS } from '../../../domain/index.ts';
import { count, counted, day, decimal, percent, points } from '../format.ts';
import { html, type Markup } from '../html.ts';
import { type Cell, figure, paragraph, section, table } from '../page-parts.ts';
import { type ReliabilityBin, reliabilityBins } from '../reliability.ts';
import type { ReportData } from '../report-data.ts';
import { linearScale } from '../scale.ts';
import { type ChartFrame, dotWithBar, line, note, numberAxis, place, svgChart, verticalRange } from '../svg-chart.ts';

const HEIGHT = 260;

/** How good the predictions were. */
export function model(data: ReportData): Markup {
  return section('The model', scores(data), reliability(data), classCounts(data));
}

function scores({ simulated, model: { days, logLoss, accuracy, baselineLogLoss, baselineAccuracy } }: ReportData): Markup {
  const gain = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b);
  return table({
    simulated,
    caption: `Predictions against the class shares of the training window, ${counted(days, 'scored day')}`,
    columns: ['', '>Model', '>Class shares', '>Better by'],
    rows: [
      [
        'Log loss (lower is better)',
        decimal(logLoss, 4),
        decimal(baselineLogLoss, 4),
        decimal(gain(baselineLogLoss, logLoss), 4),
      ],
      ['Accuracy (higher is better)', percent(accuracy), percent(baselineAccuracy), points(gain(accuracy, baselineAccuracy))],
    ],
  });
}

function reliability({ simulated, days }: ReportData): Markup {
  const bins = reliabilityBins(days);
  if (bins.length === 0)
    return paragraph('No prediction has a known outcome yet, so confidence cannot be compared with what came true.', 'muted');
  const low = Math.max(Math.min((bins[0]?.low ?? 0) - 0.025, 0.3), 0);
  const high = Math.min(Math.max((bins.at(-1)?.high ?? 1) + 0.025, 0.6), 1);
  const frame: ChartFrame = {
    height: HEIGHT,
    ...numberAxis(low, high, (value) => percent(value, 0)),
    y: linearScale([0, 1], verticalRange(HEIGHT)),
    yText: (value) => percent(value, 0),
  };
  const chart = svgChart(
    frame,
    `Hit rate by confidence in ${bins.length} bins`,
    [line(place(frame, [low, high], [low, high]), 'ideal')],
    bins.flatMap((bin) => binMarks(frame, bin)),
  );
  const shown = figure(
    {
      simulated,
      caption: 'Confidence against outcome',
      legend: [
        ['box own', 'Share of predictions that came true, with its 95 % interval and their number'],
        ['ideal', 'Where confidence would equal outcome'],
      ],
      note: 'Across: how sure the model was. Up: how often it was right. Dots below the dashed line are overconfident.',
    },
    chart,
  );
  return html`${shown}${table({
    simulated,
    caption: 'Confidence against outcome, in figures',
    columns: ['Confidence', '>Predictions', '>Mean confidence', '>Came true', '>95 % interval'],
    rows: bins.map((bin) => [
      `${percent(bin.low, 0)} to ${percent(bin.high, 0)}`,
      count(bin.count),
      percent(bin.meanConfidence),
      percent(bin.hitRate),
      bin.interval.map((x) => percent(x, 0)).join(' to '),
    ]),
  })}`;
}

function binMarks(
  { x, y }: ChartFrame,
  { meanConfidence, hitRate, interval: [low, high], count: n, hits }: ReliabilityBin,
): Markup[] {
  const point = { x: x.at(meanConfidence), y: y.at(hitRate) };
  const title = `Confidence ${percent(meanConfidence)}: ${hits} of ${n} came true`;
  return [dotWithBar(point, y.at(low), y.at(high), 'dot', title), note({ x: point.x, y: y.at(high) - 6 }, count(n))];
}

function classCounts({ simulated, days }: ReportData): Markup {
  const of = (label: string, outcome: number | null) => days.filter((x) => x.label === label && x.outcome === outcome).length;
  const total = (label: string) => days.filter((x) => x.label === label).length;
  const rows = CLASS_LABELS.map((label, i): Cell[] => [
    `Said ${label}`,
    ...CLASS_LABELS.map((_, outcome) => ({ text: count(of(label, outcome)), kind: outcome === i ? 'hit' : '' })),
    count(of(label, null)),
    count(total(label)),
  ]);
  const came = CLASS_LABELS.map((_, outcome) => count(days.filter((x) => x.label !== null && x.outcome === outcome).length));
  const open = days.filter((x) => x.label !== null && x.outcome === null).length;
  return table({
    simulated,
    caption: 'What the model said against what came true, days',
    columns: ['', ...CLASS_LABELS.map((label) => `>Came ${label}`), '>Not known', '>Together'],
    rows: [...rows, ['Together', ...came, count(open), count(days.filter((x) => x.label !== null).length)]],
  });
}

/** Every training and whether its model was put to use. */
export function trainings({ simulated, trainings: list }: ReportData): Markup {
  const rows = list.map((x): Cell[] => [
    { text: day(x.trainedUntilMs), kind: 'nowrap' },
    count(x.rows),
    decimal(x.logLoss, 4),
    decimal(x.baselineLogLoss, 4),
    { text: x.decision, kind: x.decision === 'promoted' ? 'gain' : '' },
    x.reason.replaceAll('_', ' '),
  ]);
  const promoted = list.filter((x) => x.decision === 'promoted').length;
  return section(
    'Trainings',
    paragraph(`${counted(list.length, 'training')}; the deployment gate put ${promoted} of the models to use.`),
    html`<div class="long">${table({
      simulated,
      caption: 'Each training and the gate\u2019s verdict',
      columns: ['Trained until', '>Rows', '>Log loss', '>Class shares', 'Gate', 'Reason'],
      rows,
    })}</div>`,
  );
}
