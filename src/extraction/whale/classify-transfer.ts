import type { TimeMs } from '../../domain/index.ts';
import type { AddressBook } from './address-labels.ts';
import { flowBetween, type WhaleTransfer } from './whale-transfer.ts';

const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000';
const WEI_PER_GWEI = 1_000_000_000n;

/** Wei to Ether: exact to a gwei, then a float, which is enough for statistics. */
export const etherOf = (wei: bigint): number => Number(wei / WEI_PER_GWEI) / 1e9;

/** Owners and flow of a transfer as they were known at its time; the flow is null where only a later label would tell. */
export function classifyTransfer(
  from: string,
  to: string,
  timeMs: TimeMs,
  book: AddressBook,
): Pick<WhaleTransfer, 'fromOwner' | 'toOwner' | 'flow'> {
  const [sender, receiver] = [book.lookUp(from, timeMs), book.lookUp(to, timeMs)];
  const owners = { fromOwner: sender.label?.owner ?? null, toOwner: receiver.label?.owner ?? null };
  if (from === ZERO_ADDRESS) return { ...owners, flow: 'mint' };
  if (to === ZERO_ADDRESS) return { ...owners, flow: 'burn' };
  if (sender.tooYoung || receiver.tooYoung) return { ...owners, flow: null };
  return { ...owners, flow: flowBetween(sender.label?.kind === 'exchange', receiver.label?.kind === 'exchange') };
}
