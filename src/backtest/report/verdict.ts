import { DAY_MS } from '../../domain/index.ts';
import { counted, decimal, percent, signedPercent, usd } from './format.ts';
import type { ReportData } from './report-data.ts';

/** A run's result in sentences, before any figure. */
export interface Verdict {
  readonly headline: string;
  /** Whether the model has skill. */
  readonly skill: string;
  /** What was made after costs, against buy-and-hold. */
  readonly money: string;
  /** How sure that is. */
  readonly certainty: string;
}

const HEADLINES = {
  none: 'The model shows no skill',
  found: 'The model shows skill',
  unknown: 'Too little evidence to tell whether the model has skill',
} as const;

export function verdictOf(data: ReportData): Verdict {
  return {
    headline: HEADLINES[data.skill.verdict],
    skill: data.skill.text,
    money: moneySentence(data),
    certainty: certaintySentence(data),
  };
}

export const strategyReturn = ({ startUsd, endUsd }: ReportData): number | null => (startUsd > 0 ? endUsd / startUsd - 1 : null);

export const holdReturn = ({ startUsd, buyAndHoldUsd }: ReportData): number | null =>
  startUsd > 0 ? buyAndHoldUsd / startUsd - 1 : null;

/** `8 months`, `2.5 years`. */
function lengthOf({ periodStartMs, periodEndMs }: ReportData): string {
  const days = Math.round((periodEndMs - periodStartMs) / DAY_MS);
  if (days < 90) return counted(days, 'day');
  return days < 730 ? counted(Math.round(days / 30.44), 'month') : `${decimal(days / 365.25, 1)} years`;
}

function moneySentence(data: ReportData): string {
  const made = strategyReturn(data);
  const held = holdReturn(data);
  const verb =
    made === null || Math.abs(made) < 0.0005
      ? 'neither made nor lost money'
      : made > 0
        ? `made ${percent(made)}`
        : `lost ${percent(-made)}`;
  const gap = data.endUsd - data.buyAndHoldUsd;
  const against =
    Math.abs(gap) < 0.0005 * data.startUsd ? 'as much as' : `${usd(Math.abs(gap))} ${gap > 0 ? 'more' : 'less'} than`;
  return `After costs the strategy ${verb} in ${lengthOf(data)}: ${usd(data.startUsd)} became ${usd(data.endUsd)}, ${against} buy-and-hold with ${usd(data.buyAndHoldUsd)} (${signedPercent(held)}).`;
}

function certaintySentence({ metrics, skill, startUsd, buyAndHoldUsd }: ReportData): string {
  if (metrics.sharpe === null || metrics.sharpeInterval === null) {
    return 'There are too few days, or too few changes of equity, to say how much of this is luck.';
  }
  const [low, high] = metrics.sharpeInterval;
  const figures = `Its Sharpe ratio is ${decimal(metrics.sharpe, 2)} a year, with 95${'\u202f'}% confidence between ${decimal(low, 2)} and ${decimal(high, 2)}`;
  if (low > 0) {
    const rise =
      skill.verdict !== 'found' && buyAndHoldUsd > startUsd
        ? ' ETH itself rose, which explains it without any skill of the model.'
        : '';
    return `${figures}: above 0, so luck alone is an unlikely explanation.${rise}`;
  }
  return high < 0
    ? `${figures}: below 0, so it is unlikely to be bad luck alone.`
    : `${figures}: that includes 0, so the result may be luck.`;
}
