#!/usr/bin/env node
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { loadConfig, readEnvFile } from '../config/index.ts';

/**
 * For containers: exits 0 when the daemon of this machine is ready, 1 otherwise. With `--or-none` also 0 where nobody listens:
 * the same image runs commands that serve nothing, and a daemon that cannot listen ends. Its own certificate is not asked for
 * its name.
 */
const mayBeNone = process.argv.includes('--or-none');
const { port, tlsCertFile } = loadConfig({ env: { ...readEnvFile(process.env), ...process.env } }).server;
const options = { host: '127.0.0.1', port, path: '/readyz', timeout: 4_000, rejectUnauthorized: false };
const request = tlsCertFile === undefined ? httpRequest(options) : httpsRequest(options);
request
  .on('response', (reply) => {
    reply.resume();
    process.exitCode = reply.statusCode === 200 ? 0 : 1;
  })
  .on('timeout', () => request.destroy(new Error('no answer')))
  .on('error', (error: NodeJS.ErrnoException) => {
    process.exitCode = mayBeNone && error.code === 'ECONNREFUSED' ? 0 : 1;
  })
  .end();
