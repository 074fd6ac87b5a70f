import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A fresh self-signed certificate for 127.0.0.1 and its key, as PEM files in `folder`. */
export function makeCertificate(folder: string, { days = 60, name = 'tls' } = {}): { certFile: string; keyFile: string } {
  const [certFile, keyFile] = [join(folder, `${name}-cert.pem`), join(folder, `${name}-key.pem`)];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-days', `${days}`, ...subject, '-keyout', keyFile, '-out', certFile], {
    stdio: 'pipe',
  });
  return { certFile, keyFile };
}
