/** What ccxt judges replies with; each throws where it finds an error. */
export interface ReplyJudge {
  handleErrors(status: number, ...rest: unknown[]): unknown;
  handleHttpStatusCode(status: number, ...rest: unknown[]): unknown;
}

/** By the error that a reply was made into: ccxt keeps no status. */
const statuses = new WeakMap<object, number>();

/** From now on the errors of an exchange are known with the HTTP status of the reply that they come from. */
export function keepReplyStatus(exchange: ReplyJudge): void {
  for (const name of ['handleErrors', 'handleHttpStatusCode'] as const) {
    const judge = exchange[name].bind(exchange);
    exchange[name] = (status, ...rest) => {
      try {
        return judge(status, ...rest);
      } catch (error) {
        if (error instanceof Error) statuses.set(error, status);
        throw error;
      }
    };
  }
}

/** Whether something failed behind the reply: whatever it says, the request may have been carried out. */
export const isServerFailure = (error: unknown): boolean => error instanceof Error && (statuses.get(error) ?? 0) >= 500;
