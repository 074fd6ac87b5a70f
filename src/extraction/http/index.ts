export { HttpClient, type HttpDeps, type HttpRequest } from './http-client.ts';
export { RequestBudgets } from './source-budget.ts';
export { withDeadline } from './with-deadline.ts';
