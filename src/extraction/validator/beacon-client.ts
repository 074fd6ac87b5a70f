import { AppError, SourceError } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import {
  type BeaconTiming,
  type FinalityCheckpoints,
  parseFinality,
  parseGenesisMs,
  parseQueueEth,
  parseQueueLength,
  parseSpec,
} from './parse-beacon.ts';
import { parseValidatorCount, sumValidators, type ValidatorTotals } from './validator-statuses.ts';

/** A full list of a million validators is some 450 MB. */
const MAX_LIST_BYTES = 4 * 1024 * 1024 * 1024;
const LIST_TIMEOUT_MS = 50_000;
/** Half of all validators have left; nothing is asked about them. Not every node takes a list with commas. */
const WANTED_STATUSES = ['active_ongoing', 'active_exiting', 'active_slashed', 'pending_queued']
  .map((status) => `status=${status}`)
  .join('&');

/** Whether an error says that the node does not have, or does not know, what was asked for. */
export const isMissing = (error: unknown): boolean =>
  error instanceof AppError &&
  ((error.code === 'http.refused' && [400, 404, 405, 410, 501].includes(Number(error.details.status))) ||
    /prun|state not found/i.test(String(error.details.body ?? '')));

/** The standard API of a beacon node, as far as the validator extractor needs it. */
export class BeaconClient {
  readonly #http: HttpClient;
  readonly #base: string;
  #timing: Promise<BeaconTiming> | undefined;
  #hasCount = true;

  constructor(http: HttpClient, baseUrl: string) {
    this.#http = http;
    this.#base = `${baseUrl.replace(/\/$/, '')}/eth/v1`;
  }

  async timing(signal: AbortSignal): Promise<BeaconTiming> {
    const reading = this.#timing ?? this.#readTiming(signal);
    this.#timing = reading;
    try {
      return await reading;
    } catch (error) {
      if (this.#timing === reading) this.#timing = undefined;
      throw error;
    }
  }

  finality(slot: number, signal: AbortSignal): Promise<FinalityCheckpoints> {
    return this.#get(`/beacon/states/${slot}/finality_checkpoints`, parseFinality, signal);
  }

  /** Totals by `validator_count` where the node has it, and where balances are wanted or it has not, by the full list. */
  async totals(slot: number, wantBalances: boolean, signal: AbortSignal): Promise<ValidatorTotals> {
    const state = `/beacon/states/${slot}`;
    if (!wantBalances && this.#hasCount) {
      try {
        return await this.#get(`${state}/validator_count`, parseValidatorCount, signal);
      } catch (error) {
        if (!isMissing(error)) throw error;
        this.#hasCount = false;
      }
    }
    const url = `${this.#base}${state}/validators?${WANTED_STATUSES}`;
    const totals = await this.#http.stream(
      { source: 'beacon', url, signal, maxBytes: MAX_LIST_BYTES, timeoutMs: LIST_TIMEOUT_MS },
      sumValidators,
    );
    if (totals.active > 0) return totals;
    throw new SourceError('beacon.no_validators', 'the Beacon node lists no active validator', {
      hint: 'A chain without any cannot go on: the node does not understand the question. Try another client or version.',
      details: { slot },
    });
  }

  pendingDepositsEth(slot: number, signal: AbortSignal): Promise<number> {
    return this.#get(`/beacon/states/${slot}/pending_deposits`, parseQueueEth, signal);
  }

  pendingWithdrawalsEth(slot: number, signal: AbortSignal): Promise<number> {
    return this.#get(`/beacon/states/${slot}/pending_partial_withdrawals`, parseQueueEth, signal);
  }

  pendingConsolidations(slot: number, signal: AbortSignal): Promise<number> {
    return this.#get(`/beacon/states/${slot}/pending_consolidations`, parseQueueLength, signal);
  }

  async #readTiming(signal: AbortSignal): Promise<BeaconTiming> {
    const spec = await this.#get('/config/spec', parseSpec, signal);
    return { ...spec, genesisMs: await this.#get('/beacon/genesis', parseGenesisMs, signal) };
  }

  #get<T>(path: string, parse: (body: unknown) => T, signal: AbortSignal): Promise<T> {
    return this.#http.json({ source: 'beacon', url: this.#base + path, signal }, parse);
  }
}
