import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const journal = (): Command => {
  const command = new Command('journal').description('the order journal: show (default), verify, export');
  command.addCommand(
    withAction(new Command('show').description('orders, position and decisions'), async ({ openApp }) => {
      const result = await (await openApp()).journal();
      const rows = result.orders.map((order) => [
        toIso(order.plannedAtMs),
        order.clientOrderId,
        order.side,
        order.quantity,
        order.filledQuantity,
        order.state,
      ]);
      const { eth, usd, unrealisedPnlUsd, markPriceUsd, feesByAsset } = result.position;
      const fees = Object.entries(feesByAsset).map(([asset, amount]) => `${amount} ${asset}`);
      const text = [
        result.simulated ? 'SIMULATED' : '',
        table(['planned', 'order', 'side', 'quantity', 'filled', 'state'], rows),
        `${result.decisions.length} decisions, ${result.orders.length} orders, ${result.records} records`,
        `position ${eth} ETH, ${usd} USDT`,
        markPriceUsd === null ? '' : `unrealised ${unrealisedPnlUsd} USDT at ${markPriceUsd}`,
        fees.length === 0 ? '' : `fees ${fees.join(', ')}`,
      ];
      return { json: result, text: text.filter((line) => line !== '').join('\n') };
    }),
    { isDefault: true },
  );
  command.addCommand(
    withAction(new Command('verify').description('read the whole journal and check every record'), async ({ openApp }) => {
      const result = await (await openApp()).verifyJournal();
      return { json: result, text: `${result.records} records, all intact` };
    }),
  );
  command.addCommand(
    withAction<{ output: string }>(
      new Command('export')
        .description('every execution as CSV that tax programs import')
        .requiredOption('--output <file>', 'where to write it'),
      async ({ openApp, options }) => {
        const { path, lines } = await (await openApp()).exportTrades(options.output);
        return { json: { path, lines }, text: `${lines} executions in ${path}` };
      },
    ),
  );
  return command;
};
