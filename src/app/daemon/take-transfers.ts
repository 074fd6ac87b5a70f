import type { AppParts } from '../app-parts.ts';
import type { TradingSession } from '../trading-session.ts';
import { bookTransfer } from '../transfer.ts';
import { takeTransferRequests } from '../transfer-requests.ts';
import { AuditLog } from './audit-log.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

/** Books the transfers that commands asked the daemon for, and writes down who asked for what. */
export const transferTaker =
  (alerts: DaemonAlerts) =>
  async (parts: AppParts, session: TradingSession): Promise<void> => {
    const audit = new AuditLog(parts, alerts);
    const taken = await takeTransferRequests(parts, (request) => bookTransfer(parts, session, request));
    for (const { requestId, isBooked } of taken) {
      audit.write({ what: `transfer ${requestId}`, from: 'command line', status: isBooked ? 200 : 422 });
    }
    await audit.close();
  };
