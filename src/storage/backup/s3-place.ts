import type { BackupPlace } from './backup-place.ts';

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** Of a storage that is compatible with S3; Amazon's unless told. */
  readonly endpoint?: string | undefined;
  /** Put before every key, such as `ets/`. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const REQUEST_TIMEOUT_MS = 60_000;

/** A bucket of Amazon S3, or of a storage that speaks its protocol. The client is loaded when it is used. */
export async function s3Place(options: S3Options): Promise<BackupPlace> {
  const { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const { bucket: Bucket, prefix, region, endpoint, accessKeyId, secretAccessKey } = options;
  const client = new S3Client({
    region,
    credentials: { accessKeyId, secretAccessKey },
    // Others than Amazon have no name for each bucket, and not every one knows newer checksums.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
  });
  const until = (signal: AbortSignal | undefined) => {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    return { abortSignal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]) };
  };
  return {
    name: `s3://${Bucket}/${prefix}`,
    async list(signal) {
      const keys = new Set<string>();
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken }), until(signal));
        for (const { Key } of page.Contents ?? []) if (Key) keys.add(Key.slice(prefix.length));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return keys;
    },
    async put(key, content, signal) {
      await client.send(new PutObjectCommand({ Bucket, Key: prefix + key, Body: content }), until(signal));
    },
    async get(key, signal) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: prefix + key }), until(signal));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
  };
}
