import type { Timer } from '../../domain/index.ts';

/** What can be asked for in a chat. Answers are plain text. */
export interface ChatActions {
  status(): Promise<string>;
  performance(): Promise<string>;
  halt(by: string): Promise<string>;
  resume(by: string): Promise<string>;
  flatten(by: string): Promise<string>;
}

/** A text that somebody sent. */
export interface ChatMessage {
  readonly userId: number;
  readonly text: string;
  /** How long ago it was sent. */
  readonly ageMs: number;
}

export interface ChatCommandParts {
  readonly actions: ChatActions;
  /** Users by their numbers; a name can be taken over by somebody else. */
  readonly allowedUsers: ReadonlySet<number>;
  readonly timer: Timer;
  /** A code that cannot be guessed, new each time. */
  readonly newCode: () => string;
  /** Told of every change that was asked for, refused ones too. */
  readonly audit: (what: string, userId: number, outcome: ChatOutcome) => void;
}

export type ChatOutcome = 'done' | 'failed' | 'refused';

const CHANGES = {
  halt: 'No new risk from now on; what is held stays protected.',
  resume: 'New risk is allowed again.',
  flatten: 'Trading is halted, open orders are cancelled and everything held is sold at the market.',
} as const;
type Change = keyof typeof CHANGES;

const CONFIRM_WITHIN_MS = 120_000;
/** What was sent so long ago was meant for another moment: messages wait while the daemon is down. */
const STALE_AFTER_MS = 300_000;

const HELP = [
  '/status: every part, position, latest decisions',
  '/performance: results so far',
  ...Object.entries(CHANGES).map(([name, does]) => `/${name}: ${does}`),
].join('\n');

/**
 * Commands from a chat. Whoever is not allowed gets no answer at all; a change is made only when the same user confirms
 * it with the code of the answer within two minutes.
 */
export class ChatCommands {
  readonly #parts: ChatCommandParts;
  readonly #waiting = new Map<number, { readonly change: Change; readonly code: string; readonly untilMs: number }>();

  constructor(parts: ChatCommandParts) {
    this.#parts = parts;
  }

  /** What to answer, or nothing. */
  async answer({ userId, text, ageMs }: ChatMessage): Promise<string | undefined> {
    const { actions, allowedUsers, audit } = this.#parts;
    const [, name = '', argument = ''] = /^\/([a-z]+)(?:@\w+)?(?:\s+(\S+))?\s*$/i.exec(text.trim()) ?? [];
    if (!allowedUsers.has(userId)) {
      if (name !== '') audit(name, userId, 'refused');
      return undefined;
    }
    if (ageMs > STALE_AFTER_MS)
      return `This came ${Math.round(ageMs / 60_000)} minutes late and was not followed: send it again.`;
    const command = name.toLowerCase();
    if (command === 'status') return this.#told(() => actions.status());
    if (command === 'performance') return this.#told(() => actions.performance());
    if (command === 'confirm') return this.#confirm(userId, argument);
    return isChange(command) ? this.#ask(userId, command) : HELP;
  }

  #ask(userId: number, change: Change): string {
    const { timer, newCode } = this.#parts;
    const code = newCode();
    this.#waiting.set(userId, { change, code, untilMs: timer.elapsedMs() + CONFIRM_WITHIN_MS });
    return `${CHANGES[change]}\nSend /confirm ${code} within two minutes to do it.`;
  }

  async #confirm(userId: number, code: string): Promise<string> {
    const { actions, audit, timer } = this.#parts;
    const asked = this.#waiting.get(userId);
    this.#waiting.delete(userId);
    if (asked === undefined || timer.elapsedMs() > asked.untilMs) return 'There is nothing to confirm: send the command again.';
    if (asked.code !== code) {
      audit(asked.change, userId, 'refused');
      return 'That is not the code: nothing was done. Send the command again.';
    }
    return this.#told(
      () => actions[asked.change](`telegram:${userId}`),
      (outcome) => audit(asked.change, userId, outcome),
    );
  }

  async #told(action: () => Promise<string>, outcome: (outcome: ChatOutcome) => void = () => undefined): Promise<string> {
    try {
      const text = await action();
      outcome('done');
      return text;
    } catch (error) {
      outcome('failed');
      return `It failed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

const isChange = (command: string): command is Change => Object.hasOwn(CHANGES, command);
