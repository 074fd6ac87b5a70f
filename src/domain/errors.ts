/** What an error carries beside its message. `details` is data for programs; `hint` tells a person what to do. */
export interface ErrorContext {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * Base of every error this system raises on purpose. `code` is stable and documented in docs/errors.md; the class says
 * what the caller does; `exitCode` is what a command ends with.
 */
export abstract class AppError extends Error {
  abstract readonly exitCode: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(code: string, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = context.details ?? {};
    this.hint = context.hint;
  }
}

/** Wrong usage or configuration: say what is wrong and stop. */
export class ConfigError extends AppError {
  readonly exitCode = 2;
}

/** Data that cannot be used: quarantine it, or refuse the file. */
export class DataError extends AppError {
  readonly exitCode = 3;
}

/** A data source failed: retry with backoff, then report. */
export class SourceError extends AppError {
  readonly exitCode = 4;
}

/** The exchange said no, or cannot be reached: surface it. */
export class ExchangeError extends AppError {
  readonly exitCode = 4;
}

/** The outcome of a sent order is not known: reconcile; the same client order id is never sent again. */
export class OrderUnknownError extends AppError {
  readonly exitCode = 4;
}

/** No usable model or a model that must not be used: do not trade. */
export class ModelError extends AppError {
  readonly exitCode = 3;
}

/** Trading is halted, by a person or by a rule. */
export class HaltedError extends AppError {
  readonly exitCode = 5;
}

/** Something that must always hold does not: halt. */
export class InvariantError extends AppError {
  readonly exitCode = 1;
}
