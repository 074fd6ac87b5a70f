import type { App } from '../app.ts';
import type { Progress } from './progress.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly config?: string;
  readonly endpoints?: string;
  /** File of secrets and settings; not called `--env-file`, which Node takes for itself wherever it stands. */
  readonly env?: string;
  readonly logLevel: string;
  readonly json?: boolean;
  readonly set: readonly string[];
  /** With `iUnderstand`: trade with real money in that account. */
  readonly live?: boolean;
  readonly iUnderstand?: string;
}

/** What a command gives back: the document for programs, the same in words for people, and an exit code where it is not 0. */
export interface CommandResult {
  readonly json: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

export interface CommandContext<Options> {
  readonly options: Options & GlobalOptions;
  readonly progress: Progress;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Prints a result at once, where the command goes on afterwards and gives back none. */
  announce(result: CommandResult): void;
  /** The application on the data directory and configuration of the command line; closed when the command ends. */
  openApp(): Promise<App>;
}
