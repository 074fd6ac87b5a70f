import { type FeatureDefinition, overWindow, value } from '../feature-definition.ts';
import { mean, shareWhere } from '../statistics.ts';
import { joinedFeatures } from './joined-feature.ts';

const sentiment = joinedFeatures('sentiment');
const family = 'sentiment' as const;

/** Below this the index is called extreme fear, above 100 less this extreme greed. */
const EXTREME = 25;

export const SENTIMENT: readonly FeatureDefinition[] = [
  sentiment.level('fear_greed', 'index', 'Fear & Greed index, 0 fear to 100 greed'),
  sentiment.difference('fear_greed', 1, 'index', 'the Fear & Greed index'),
  sentiment.difference('fear_greed', 7, 'index', 'the Fear & Greed index'),
  sentiment.z('fear_greed', 30, 'Fear & Greed index'),
  overWindow(
    { name: 'fear_greed_mean_14', family, unit: 'index', description: 'Mean of the Fear & Greed index over 14 days.' },
    14,
    [value('fear_greed')],
    mean,
  ),
  overWindow(
    { name: 'extreme_fear_share_14', family, unit: 'fraction', description: 'Share of 14 days of extreme fear (below 25).' },
    14,
    [value('fear_greed')],
    (index) => shareWhere(index, (level) => level < EXTREME),
  ),
  overWindow(
    { name: 'extreme_greed_share_14', family, unit: 'fraction', description: 'Share of 14 days of extreme greed (above 75).' },
    14,
    [value('fear_greed')],
    (index) => shareWhere(index, (level) => level > 100 - EXTREME),
  ),
  sentiment.level('score_mean', '-1..1', 'Mean sentiment score of posts'),
  sentiment.z('score_mean', 30, 'Mean sentiment score of posts'),
  sentiment.logZ('post_count', 30, 'the number of posts'),
];
