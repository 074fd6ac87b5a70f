/** Words of the field, on the scale of AFINN (-5..5); some that AFINN counts as mood say nothing here. */
const FIELD_WORDS: Readonly<Record<string, number>> = {
  block: 0,
  blocks: 0,
  share: 0,
  shares: 0,
  stake: 0,
  bullish: 3,
  bearish: -3,
  rally: 3,
  surge: 3,
  surges: 3,
  soar: 3,
  soars: 3,
  plunge: -3,
  plunges: -3,
  selloff: -3,
  dump: -3,
  dumps: -3,
  capitulation: -3,
  liquidation: -2,
  liquidations: -2,
  hack: -4,
  hacked: -4,
  exploit: -4,
  exploited: -4,
  drained: -3,
  rug: -4,
  depeg: -4,
  insolvent: -4,
  bankruptcy: -4,
  halving: 1,
  upgrade: 2,
  adoption: 2,
  approval: 2,
  inflows: 2,
  outflows: -2,
  ath: 3,
  hodl: 1,
  fud: -2,
};

/** Normalising constant of VADER (Hutto & Gilbert 2014): brings a sum of word scores to -1..1. */
const ALPHA = 15;

/** Sentiment of a short text in -1..1, by the AFINN-165 lexicon and words of the field. The lexicon is loaded at first use. */
export async function createTextScorer(): Promise<(text: string) => number> {
  const { default: Sentiment } = await import('sentiment');
  const lexicon = new Sentiment();
  return (text) => {
    const { score } = lexicon.analyze(text, { extras: FIELD_WORDS });
    return score / Math.sqrt(score * score + ALPHA);
  };
}
