import { describe } from 'vitest';
import { describeJournal } from './journal.contract.ts';
import { MemoryJournal } from './memory-journal.ts';

describe('MemoryJournal', () => describeJournal(async () => new MemoryJournal()));
