export type { Collection, FlattenReply, HaltReply, PushReply, Reply } from '../server/replies.ts';
export { ApiClient, type ApiClientOptions, ApiError, type Row } from './api-client.ts';
