import type { TimeMs } from '../../domain/index.ts';
import type { AddressBook } from './address-labels.ts';
import { flowBetween, type WhaleTransfer } from './whale-transfer.ts';

const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000';

/**
 * Owners and flow of a transfer as they were known at its time. Where only a later label would tell, the flow is null and
 * `isLabelLater` says so: such a transfer is in no feature.
 */
export function classifyTransfer(
  from: string,
  to: string,
  timeMs: TimeMs,
  book: AddressBook,
): Pick<WhaleTransfer, 'fromOwner' | 'toOwner' | 'flow' | 'isLabelLater'> {
  const [sender, receiver] = [book.lookUp(from, timeMs), book.lookUp(to, timeMs)];
  const owners = {
    fromOwner: sender.label?.owner ?? null,
    toOwner: receiver.label?.owner ?? null,
    isLabelLater: sender.tooYoung || receiver.tooYoung,
  };
  if (from === ZERO_ADDRESS) return { ...owners, flow: 'mint' };
  if (to === ZERO_ADDRESS) return { ...owners, flow: 'burn' };
  if (owners.isLabelLater) return { ...owners, flow: null };
  return { ...owners, flow: flowBetween(sender.label?.kind === 'exchange', receiver.label?.kind === 'exchange') };
}
