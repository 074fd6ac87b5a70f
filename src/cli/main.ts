#!/usr/bin/env node
import { CommanderError } from 'commander';
import { reportFailure } from './output.ts';
import { ownerCommand } from './owner-names.ts';
import { createProgram } from './program.ts';
import { usageError } from './usage-error.ts';

try {
  await createProgram().parseAsync(ownerCommand(process.argv));
} catch (error) {
  process.exitCode =
    error instanceof CommanderError && error.exitCode === 0
      ? 0
      : reportFailure(usageError(error, process.argv), { json: process.argv.includes('--json'), debug: false });
}
