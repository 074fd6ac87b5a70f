import type { FeatureDefinition } from '../feature-definition.ts';
import { joinedFeatures } from './joined-feature.ts';

const staking = joinedFeatures('staking');

export const STAKING: readonly FeatureDefinition[] = [
  staking.change('active_validators', 7, 'active validators'),
  staking.change('staked_eth', 7, 'staked Ether'),
  staking.level('staked_share', 'fraction', 'Staked Ether of the supply'),
  staking.difference('staked_share', 30, 'fraction', 'the staked share'),
  staking.row(
    'entry_queue_share',
    'fraction',
    ['entry_queue_eth', 'staked_eth'],
    'Ether waiting to enter over staked Ether.',
    (row) => row.entry_queue_eth / row.staked_eth,
  ),
  staking.row(
    'exit_queue_share',
    'fraction',
    ['exit_queue_eth', 'staked_eth'],
    'Ether waiting to leave over staked Ether.',
    (row) => row.exit_queue_eth / row.staked_eth,
  ),
  staking.row(
    'queue_balance',
    'fraction',
    ['entry_queue_eth', 'exit_queue_eth'],
    'Ether waiting to enter less that waiting to leave, over both.',
    (row) => (row.entry_queue_eth - row.exit_queue_eth) / (row.entry_queue_eth + row.exit_queue_eth),
  ),
  staking.z('entry_queue_eth', 30, 'Ether waiting to enter'),
  staking.z('exit_queue_eth', 30, 'Ether waiting to leave'),
  staking.difference('entry_wait_days', 7, 'days', 'the wait to enter'),
  staking.difference('exit_wait_days', 7, 'days', 'the wait to leave'),
  staking.level('apr', 'fraction per year', 'Staking reward rate'),
  staking.difference('apr', 30, 'fraction per year', 'the staking reward rate'),
  staking.level('participation', 'fraction', 'Share of validators that attested'),
  staking.row(
    'staking_age_hours',
    'hours',
    ['validator_data_age_hours'],
    'Age of the newest validator data that was read.',
    (row) => row.validator_data_age_hours,
  ),
  staking.change('deposited_eth', 7, 'Ether ever deposited for staking'),
];
