import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { DataError } from '../domain/index.ts';

const MAGIC = Buffer.from('ETSB1');
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const HEADER_BYTES = MAGIC.length + SALT_BYTES + IV_BYTES + TAG_BYTES;

/**
 * Encrypts with AES-256-GCM under keys that scrypt makes from a passphrase. What is sealed: magic, salt, IV, tag,
 * ciphertext. Keys are costly and remembered; everything one sealer seals has one salt, and an IV of its own.
 */
export class Sealer {
  readonly #passphrase: string;
  readonly #salt = randomBytes(SALT_BYTES);
  readonly #keys = new Map<string, Buffer>();

  constructor(passphrase: string) {
    this.#passphrase = passphrase;
  }

  seal(plain: Uint8Array): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keyOf(this.#salt), iv);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([MAGIC, this.#salt, iv, cipher.getAuthTag(), sealed]);
  }

  /** @throws DataError `sealed.cannot_open` where the passphrase is another one or a byte has changed */
  unseal(sealed: Buffer): Buffer {
    const ivAt = MAGIC.length + SALT_BYTES;
    const tagAt = ivAt + IV_BYTES;
    try {
      if (!sealed.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('not sealed by this program');
      const key = this.#keyOf(sealed.subarray(MAGIC.length, ivAt));
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(ivAt, tagAt));
      decipher.setAuthTag(sealed.subarray(tagAt, HEADER_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new DataError('sealed.cannot_open', 'what was encrypted cannot be opened', {
        hint: 'Is the passphrase the one that it was encrypted with?',
        cause,
      });
    }
  }

  #keyOf(salt: Buffer): Buffer {
    const name = salt.toString('hex');
    const key = this.#keys.get(name) ?? scryptSync(this.#passphrase, salt, KEY_BYTES);
    this.#keys.set(name, key);
    return key;
  }
}
