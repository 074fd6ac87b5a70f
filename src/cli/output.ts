import { AppError } from '../domain/errors.ts';
import type { CommandResult } from './command-types.ts';

/** One JSON document, or text for people, on stdout. Numbers that JSON does not know (NaN) become null. */
export function reportResult(result: CommandResult, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(result.json)}\n` : `${result.text.trimEnd()}\n`);
}

/** Prints what went wrong and gives the exit code. A stack trace only where it was asked for. */
export function reportFailure(error: unknown, how: FailureReport): number {
  const { redact = (same: string) => same } = how;
  const failure = describeFailure(error);
  if (how.json) {
    const { code, message, hint, details } = failure;
    process.stdout.write(redact(`${JSON.stringify({ error: { code, message, hint, details } })}\n`));
  }
  process.stderr.write(redact(`Error: ${failure.message}\n${failure.hint ? `  ${failure.hint}\n` : ''}`));
  if (how.debug && error instanceof Error) process.stderr.write(redact(`${error.stack ?? ''}\n`));
  return failure.exitCode;
}

interface FailureReport {
  readonly json: boolean;
  readonly debug: boolean;
  /** Takes secrets out of what is printed. */
  readonly redact?: (text: string) => string;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly exitCode: number;
}

function describeFailure(error: unknown): Failure {
  if (error instanceof AppError) {
    const details = Object.keys(error.details).length > 0 ? error.details : undefined;
    return { code: error.code, message: error.message, hint: error.hint, details, exitCode: error.exitCode };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { code: 'cli.interrupted', message: 'interrupted; what was stored before stays', exitCode: 1 };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', message, hint: 'Run again with --log-level debug for the stack trace.', exitCode: 1 };
}
