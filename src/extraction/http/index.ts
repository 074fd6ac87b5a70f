export { HttpClient, type HttpDeps, type HttpRequest } from './http-client.ts';
export { describeUrl } from './reply-errors.ts';
export { withDeadline } from './with-deadline.ts';
