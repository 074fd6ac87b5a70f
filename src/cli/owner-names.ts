import { basename } from 'node:path';

/** Names under which the same binary is linked in the container, with or without `scripts/` and an extension. */
const OWNER_NAMES: Readonly<Record<string, string>> = {
  data_extraction: 'extract',
  backfill_data: 'backfill',
  process_new_data: 'process-new-data',
  train_model: 'train',
  check_status: 'check-status',
  performance_report: 'performance-report',
};

/** `argv` with the command that the name of the program, or its first argument, stands for. */
export function ownerCommand(argv: readonly string[]): string[] {
  const [node = '', program = '', ...args] = argv;
  const byProgram = OWNER_NAMES[plainName(program)];
  if (byProgram) return [node, program, byProgram, ...args];
  const byArgument = OWNER_NAMES[plainName(args[0] ?? '')];
  return byArgument ? [node, program, byArgument, ...args.slice(1)] : [...argv];
}

const plainName = (path: string): string => basename(path).replace(/\.(py|js|mjs|ts)$/, '');
