import type { TimeMs } from '../../domain/index.ts';

/** Who an address belongs to, and since when that was publicly known. */
export interface AddressLabel {
  /** 0x and 40 hex digits. */
  readonly address: string;
  readonly owner: string;
  readonly kind: 'exchange' | 'contract' | 'other';
  readonly knownSinceMs: TimeMs;
}

const known = (owner: string, since: string, ...addresses: string[]): AddressLabel[] =>
  addresses.map((address) => ({ address, owner, kind: 'exchange', knownSinceMs: Date.parse(since) }));
const contract = (owner: string, since: string, address: string): AddressLabel => ({
  address,
  owner,
  kind: 'contract',
  knownSinceMs: Date.parse(since),
});

/**
 * Well-known addresses; `since` is a cautious date by which the label was public, not the first use of the address. The
 * user's own labels go before these.
 */
export const KNOWN_ADDRESSES: readonly AddressLabel[] = [
  ...known('binance', '2018-01-01', '0x3f5ce5fbfe3e9af3971dd833d26ba9b5c936f0be'),
  ...known('binance', '2020-01-01', '0xbe0eb53f46cd790cd13851d5eff43d12404d33e8', '0xf977814e90da44bfa03b6295a0616a897441acec'),
  ...known(
    'binance',
    '2022-01-01',
    '0x28c6c06298d514db089934071355e5743bf21d60',
    '0x21a31ee1afc51d94c2efccaa2092ad1028285549',
    '0xdfd5293d8e347dfe59e90efd55b2956a1343963d',
  ),
  ...known(
    'coinbase',
    '2020-01-01',
    '0x71660c4005ba85c37ccec55d0c4493e66fe775d3',
    '0x503828976d22510aad0201ac7ec88293211d23da',
    '0xddfabcdc4d8ffc6d5beaf154f18b778f892a0740',
    '0x3cd751e6b0078be393132286c442345e5dc49699',
  ),
  ...known('coinbase', '2022-06-01', '0xa9d1e08c7793af67e9d92fe308d5697fb81d3e43'),
  ...known('kraken', '2018-01-01', '0x2910543af39aba0cd09dbb2d50200b3e800a63d2', '0x267be1c1d684f78cb4f6a176c4911b741e4ffdc0'),
  ...known('bitfinex', '2018-01-01', '0x1151314c646ce4e0efd76d1af4760ae66a9fe30f', '0x742d35cc6634c0532925a3b844bc454e4438f44e'),
  ...known('bitfinex', '2020-01-01', '0x876eabf441b2ee5b5b0554fd502a8e0600950cfa'),
  ...known('okx', '2019-01-01', '0x6cc5f688a315f3dc28a7781717a9a798a59fda7b'),
  contract('beacon deposit contract', '2020-11-04', '0x00000000219ab540356cbb839cbe05303d7705fa'),
  contract('wrapped ether', '2018-01-01', '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2'),
  contract('lido', '2021-01-01', '0xae7ab96520de3a18e5e111b5eaab095312d7fe84'),
];

/** Labels by address; of two for one address the first counts. */
export class AddressBook {
  readonly #labels = new Map<string, AddressLabel>();

  constructor(labels: readonly AddressLabel[]) {
    for (const label of labels) {
      const address = label.address.toLowerCase();
      if (!this.#labels.has(address)) this.#labels.set(address, label);
    }
  }

  /**
   * The label of an address as it was known at `timeMs`. `tooYoung` says that there is one which nobody had then: using
   * it would be knowledge from the future.
   */
  lookUp(address: string, timeMs: TimeMs): { readonly label?: AddressLabel; readonly tooYoung: boolean } {
    const label = this.#labels.get(address.toLowerCase());
    if (!label) return { tooYoung: false };
    return label.knownSinceMs <= timeMs ? { label, tooYoung: false } : { tooYoung: true };
  }
}
