import { DAY_MS } from '../../../domain/index.ts';
import type { KnownProfile } from './profile.ts';

const CHURN = 'its unit changes from validators to ETH on 2025-05-07, and the columns themselves on 2024-03-14';

/** validatorqueue.com: the queues count ETH, rates and shares are percent. */
const validatorQueueDaily: KnownProfile = {
  name: 'validatorqueue daily',
  needs: ['date', 'validators', 'entry_queue', 'exit_queue', 'staked_amount'],
  time: ['date'],
  interval: DAY_MS,
  targets: [
    {
      dataset: 'validator_data',
      source: 'validatorqueue',
      subject: 'ethereum',
      publication: 'validator_queue_daily',
      required: ['active_validators'],
      columns: [
        { from: 'validators', to: 'active_validators' },
        { from: 'entry_queue', to: 'entry_queue_eth' },
        { from: 'exit_queue', to: 'exit_queue_eth' },
        { from: 'entry_wait', to: 'entry_wait_days' },
        { from: 'exit_wait', to: 'exit_wait_days' },
        { from: 'staked_amount', to: 'staked_eth' },
        { from: 'staked_percent', to: 'staked_share', shift: -2 },
        { from: 'supply', to: 'supply_eth' },
        { from: 'apr', to: 'apr', shift: -2 },
      ],
    },
  ],
  ignored: {
    churn: CHURN,
    entry_churn: CHURN,
    exit_churn: CHURN,
    current_entry_churn: CHURN,
    current_exit_churn: CHURN,
    ave_entry_churn: CHURN,
    ave_exit_churn: CHURN,
  },
};

const CATEGORY = 'deposits are kept in total, not by kind of depositor';

/** ETH ever sent to the deposit contract, not net of withdrawals. */
const beaconDepositsDaily: KnownProfile = {
  name: 'beacon deposits daily',
  needs: ['date', 'total_deposited_eth'],
  time: ['date'],
  interval: DAY_MS,
  targets: [
    {
      dataset: 'validator_data',
      source: 'dune',
      subject: 'beacon-deposits',
      publication: 'chain_daily_report',
      required: ['deposited_eth'],
      columns: [{ from: 'total_deposited_eth', to: 'deposited_eth' }],
    },
  ],
  ignored: Object.fromEntries(
    ['batch_staking_contract', 'cex', 'independent_staker', 'liquid_staking', 'others', 'staking_pools', 'unidentified'].map(
      (name) => [name, CATEGORY],
    ),
  ),
};

export const STAKING_PROFILES: readonly KnownProfile[] = [validatorQueueDaily, beaconDepositsDaily];
