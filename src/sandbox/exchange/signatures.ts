import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TimeMs } from '../../domain/index.ts';
import { Refusal } from './order-rules.ts';

/** The only keys that the simulated exchange knows; they are no secret. */
export const SANDBOX_API_KEY = 'sandbox-key';
export const SANDBOX_API_SECRET = 'sandbox-secret';

const DEFAULT_RECV_WINDOW_MS = 5_000;
const MAX_RECV_WINDOW_MS = 60_000;
const AHEAD_MS = 1_000;

/** What a signed request says of itself, over HTTP or WebSocket. */
export interface SignedRequest {
  readonly apiKey: string | undefined;
  readonly signature: string | undefined;
  /** What the signature is made over. */
  readonly payload: string;
  readonly timestamp: number | undefined;
  readonly recvWindowMs: number | undefined;
}

/**
 * @param speed world seconds per second: windows of a world that runs are that much longer
 * @throws Refusal -2014, -2015, -1102, -1021, -1022
 */
export function checkSigned(request: SignedRequest, nowMs: TimeMs, speed: number): void {
  const { apiKey, signature, payload, timestamp, recvWindowMs = DEFAULT_RECV_WINDOW_MS } = request;
  if (apiKey === undefined) throw new Refusal(-2014, 'API-key format invalid.');
  if (apiKey !== SANDBOX_API_KEY) throw new Refusal(-2015, 'Invalid API-key, IP, or permissions for action.');
  if (!signature || timestamp === undefined || !Number.isFinite(timestamp))
    throw new Refusal(-1102, "Mandatory parameter 'signature' or 'timestamp' was not sent.");
  const expected = createHmac('sha256', SANDBOX_API_SECRET).update(payload).digest();
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new Refusal(-1022, 'Signature for this request is not valid.');
  const factor = Math.max(1, speed);
  if (timestamp > nowMs + AHEAD_MS * factor || nowMs - timestamp > Math.min(MAX_RECV_WINDOW_MS, recvWindowMs) * factor) {
    throw new Refusal(-1021, 'Timestamp for this request is outside of the recvWindow.');
  }
}
