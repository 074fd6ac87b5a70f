import type { JournalWriter } from './journal/journal-writer.ts';
import { type ProtectionPolicy, protectionFor } from './protection.ts';

/** Gives an open position the stop and target that it should have, where they changed. */
export async function keepLevels(writer: JournalWriter, policy: ProtectionPolicy | undefined): Promise<void> {
  const protection = protectionFor(writer.ledger.position, policy);
  if (protection !== undefined) await writer.write([{ type: 'protection', atMs: writer.nowMs(), protection }]);
}
