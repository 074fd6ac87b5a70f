import type { TimeMs } from '../../domain/index.ts';
import { hexHash } from '../world/hash.ts';
import { STAKE_ETH, type ValidatorState, validatorsAt } from '../world/validators.ts';
import type { World } from '../world/world.ts';
import type { SandboxHandler, SandboxReply, SandboxRequest } from './http-host.ts';

const SLOTS_PER_EPOCH = 32;
const GWEI_PER_ETH = 1_000_000_000;
const BALANCE = String(STAKE_ETH * GWEI_PER_ETH);
const ok = (data: unknown, more: Record<string, unknown> = {}): SandboxReply => ({ status: 200, body: { ...more, data } });
const missing = (message: string): SandboxReply => ({ status: 404, body: { code: 404, message } });
const onState = (data: unknown): SandboxReply => ok(data, { execution_optimistic: false, finalized: true });
const FINAL = { execution_optimistic: false, finalized: true };

/** A Beacon node's standard API after Electra. A slot lasts as long as a block; old states are kept. */
export function beaconHandler(world: World, nowMs: () => TimeMs): SandboxHandler {
  const { chain, options } = world;
  const genesisMs = chain.timestampMs(0);
  const timeOf = (slot: number) => chain.timestampMs(slot);
  const slotOf = (id: string): number | undefined => {
    const head = chain.headAt(nowMs());
    if (id === 'head') return head;
    if (id === 'finalized' || id === 'justified') return chain.finalizedAt(nowMs());
    if (id === 'genesis') return 0;
    const slot = /^\d+$/.test(id) ? Number(id) : undefined;
    return slot !== undefined && slot <= head ? slot : undefined;
  };
  const header = (slot: number) => ({
    root: hexHash(8, options.seed, 61, slot),
    canonical: true,
    header: {
      message: {
        slot: String(slot),
        proposer_index: String(slot % 1_000),
        parent_root: hexHash(8, options.seed, 61, slot - 1),
        state_root: hexHash(8, options.seed, 62, slot),
        body_root: hexHash(8, options.seed, 63, slot),
      },
      signature: hexHash(24, options.seed, 64, slot),
    },
  });

  const state = (request: SandboxRequest, slot: number, rest: string): SandboxReply => {
    const set = validatorsAt(options.seed, world.path.firstMs, timeOf(slot));
    const epoch = Math.floor(slot / SLOTS_PER_EPOCH);
    switch (rest) {
      case 'root':
        return onState({ root: hexHash(8, options.seed, 62, slot) });
      case 'fork':
        return onState({ previous_version: '0x04000000', current_version: '0x05000000', epoch: '0' });
      case 'finality_checkpoints': {
        const checkpoint = (back: number) => ({
          epoch: String(Math.max(0, epoch - back)),
          root: hexHash(8, options.seed, 61, Math.max(0, epoch - back) * SLOTS_PER_EPOCH),
        });
        return onState({ previous_justified: checkpoint(2), current_justified: checkpoint(1), finalized: checkpoint(2) });
      }
      case 'validators':
        return onState(listValidators(set, options.seed, wantedStatuses(request)));
      case 'validator_count':
        return onState(countOf(set, wantedStatuses(request)));
      case 'validator_balances':
        return onState(listValidators(set, options.seed, []).map(({ index, balance }) => ({ index, balance })));
      case 'pending_deposits':
        return ok(
          Array.from({ length: set.entering }, (_, i) => ({
            pubkey: hexHash(12, options.seed, 65, i),
            withdrawal_credentials: hexHash(8, options.seed, 66, i),
            amount: BALANCE,
            signature: hexHash(24, options.seed, 67, i),
            slot: String(slot),
          })),
          { version: 'electra', ...FINAL },
        );
      case 'pending_partial_withdrawals':
        return ok(
          Array.from({ length: set.pendingWithdrawalsEth }, (_, i) => ({
            validator_index: String(i),
            amount: String(GWEI_PER_ETH),
            withdrawable_epoch: String(epoch + 256),
          })),
          { version: 'electra', ...FINAL },
        );
      case 'pending_consolidations':
        return ok([], { version: 'electra', ...FINAL });
      default:
        return missing('no such endpoint');
    }
  };

  return (request) => {
    const path = request.path.replace(/^\/eth\/v\d/, '');
    const stateMatch = /^\/beacon\/states\/([^/]+)\/(.+)$/.exec(path);
    if (stateMatch) {
      const slot = slotOf(stateMatch[1]!);
      return slot === undefined ? missing(`NOT_FOUND: beacon state ${stateMatch[1]}`) : state(request, slot, stateMatch[2]!);
    }
    const blockMatch = /^\/beacon\/(headers|blocks)\/([^/]+)(\/root)?$/.exec(path);
    if (blockMatch) {
      const slot = slotOf(blockMatch[2]!);
      if (slot === undefined) return missing(`NOT_FOUND: block ${blockMatch[2]}`);
      return blockMatch[3] ? onState({ root: header(slot).root }) : onState(header(slot));
    }
    switch (path) {
      case '/node/health':
        return { status: 200, body: '' };
      case '/node/version':
        return ok({ version: 'Sandbox/v1.0.0' });
      case '/node/syncing':
        return ok({
          head_slot: String(chain.headAt(nowMs())),
          sync_distance: '0',
          is_syncing: false,
          is_optimistic: false,
          el_offline: false,
        });
      case '/beacon/genesis':
        return ok({
          genesis_time: String(genesisMs / 1000),
          genesis_validators_root: hexHash(8, options.seed, 68),
          genesis_fork_version: '0x00000000',
        });
      case '/beacon/headers':
        return onState([header(chain.headAt(nowMs()))]);
      case '/config/spec':
        return ok(specOf(chain.spacingMs));
      default:
        return missing('no such endpoint');
    }
  };
}

const specOf = (spacingMs: number): Record<string, string> => ({
  CONFIG_NAME: 'sandbox',
  PRESET_BASE: 'mainnet',
  SECONDS_PER_SLOT: String(spacingMs / 1000),
  SLOTS_PER_EPOCH: String(SLOTS_PER_EPOCH),
  MIN_GENESIS_TIME: '0',
  DEPOSIT_CHAIN_ID: '1',
  DEPOSIT_NETWORK_ID: '1',
  DEPOSIT_CONTRACT_ADDRESS: '0x00000000219ab540356cbb839cbe05303d7705fa',
  MAX_EFFECTIVE_BALANCE: BALANCE,
  EFFECTIVE_BALANCE_INCREMENT: String(GWEI_PER_ETH),
  ALTAIR_FORK_EPOCH: '0',
  BELLATRIX_FORK_EPOCH: '0',
  CAPELLA_FORK_EPOCH: '0',
  DENEB_FORK_EPOCH: '0',
  ELECTRA_FORK_EPOCH: '0',
  MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA: '128000000000',
  MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT: '256000000000',
  CHURN_LIMIT_QUOTIENT: '65536',
});

const STATUSES = (set: ValidatorState): [status: string, count: number][] => [
  ['active_ongoing', set.active],
  ['pending_queued', set.entering],
  ['active_exiting', set.exiting],
  ['withdrawal_done', set.exited],
];

/** Of `status` parameters in the query, or in the body of a POST; a family such as `active` stands for its members. */
function wantedStatuses({ query, body }: SandboxRequest): string[] {
  const posted: unknown = body === '' ? {} : JSON.parse(body);
  const listed =
    typeof posted === 'object' && posted !== null && 'statuses' in posted && Array.isArray(posted.statuses)
      ? posted.statuses.map(String)
      : [];
  return [...query.getAll('status').flatMap((text) => text.split(',')), ...listed];
}

const isWanted = (status: string, wanted: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((one) => status === one || status.startsWith(`${one}_`));

const countOf = (set: ValidatorState, wanted: readonly string[]) =>
  STATUSES(set)
    .filter(([status]) => isWanted(status, wanted))
    .map(([status, count]) => ({ status, count: String(count) }));

function listValidators(set: ValidatorState, seed: number, wanted: readonly string[]) {
  let index = 0;
  const FAR = '18446744073709551615';
  return STATUSES(set).flatMap(([status, count]) =>
    Array.from({ length: count }, () => ({
      index: String(index++),
      balance: BALANCE,
      status,
      validator: {
        pubkey: hexHash(12, seed, 69, index),
        withdrawal_credentials: hexHash(8, seed, 70, index),
        effective_balance: BALANCE,
        slashed: false,
        activation_eligibility_epoch: '0',
        activation_epoch: status === 'pending_queued' ? FAR : '0',
        exit_epoch: status === 'active_ongoing' || status === 'pending_queued' ? FAR : '1',
        withdrawable_epoch: FAR,
      },
    })).filter(() => isWanted(status, wanted)),
  );
}
