import type { IngestOptions } from '../ingest/index.ts';

/** Where the rows of a source come from. */
export type ExternalOrigin =
  | {
      readonly kind: 'api';
      readonly endpoint: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly records: string | undefined;
      readonly refreshMs: number;
    }
  | { readonly kind: 'file'; readonly path: string; readonly isReloaded: boolean }
  | {
      readonly kind: 'websocket';
      readonly url: string;
      readonly subscribe: string | undefined;
      readonly records: string | undefined;
    };

/** A source that the user declared: where its rows come from, and how they are read. */
export interface ExternalSource {
  readonly dataset: string;
  readonly origin: ExternalOrigin;
  readonly options: IngestOptions;
  readonly requiredColumns: readonly string[];
}
