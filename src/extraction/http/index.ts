export { HttpClient, type HttpDeps, type HttpRequest } from './http-client.ts';
export { withDeadline } from './with-deadline.ts';
