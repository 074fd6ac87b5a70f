import type { BeaconTiming } from './parse-beacon.ts';

/** How much may enter and leave per epoch, in Ether. Source: consensus-specs phase0, deneb (EIP-7514), electra (EIP-7251). */
export interface Churn {
  readonly entryEth: number;
  readonly exitEth: number;
}

const ETH_PER_VALIDATOR = 32;
const QUOTIENT = 65_536;

/** @param activeEth effective balance of active validators @param epoch decides which fork's rule counts */
export function churnPerEpoch(active: number, activeEth: number, epoch: number, timing: BeaconTiming): Churn {
  if (epoch >= timing.electraEpoch) {
    const total = Math.max(128, Math.floor(activeEth / QUOTIENT));
    const eth = Math.min(256, total);
    return { entryEth: eth, exitEth: eth };
  }
  const validators = Math.max(4, Math.floor(active / QUOTIENT));
  const entering = epoch >= timing.denebEpoch ? Math.min(8, validators) : validators;
  return { entryEth: entering * ETH_PER_VALIDATOR, exitEth: validators * ETH_PER_VALIDATOR };
}
