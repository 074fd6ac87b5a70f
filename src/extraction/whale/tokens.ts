/** An ERC-20 token whose large transfers are read. */
interface Token {
  readonly symbol: string;
  readonly decimals: number;
}

const ETHER: Readonly<Record<string, Token>> = {
  '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2': { symbol: 'WETH', decimals: 18 },
  '0xae7ab96520de3a18e5e111b5eaab095312d7fe84': { symbol: 'STETH', decimals: 18 },
};
const DOLLARS: Readonly<Record<string, Token>> = {
  '0xdac17f958d2ee523a2206206994597c13d831ec7': { symbol: 'USDT', decimals: 6 },
  '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48': { symbol: 'USDC', decimals: 6 },
  '0x6b175474e89094c44da98b954eedeac495271d0f': { symbol: 'DAI', decimals: 18 },
};

/** By address: tokens that are one Ether each, and such that are one dollar each. */
export const TOKENS: ReadonlyMap<string, Token> = new Map([...Object.entries(ETHER), ...Object.entries(DOLLARS)]);

const ETHER_SYMBOLS = new Set(['ETH', ...Object.values(ETHER).map(({ symbol }) => symbol)]);

/** Whether one unit of what moved is one Ether; else it is one dollar. */
export const isEther = ({ symbol }: { readonly symbol: string }): boolean => ETHER_SYMBOLS.has(symbol);

/** Whole units of a token's smallest ones: exact to a millionth, then a float, which is enough for statistics. */
export const amountOf = (smallest: bigint, decimals: number): number => Number(smallest / 10n ** BigInt(decimals - 6)) / 1e6;

/** Wei to Ether: exact to a gwei, then a float. */
export const etherOf = (wei: bigint): number => Number(wei / 1_000_000_000n) / 1e9;
