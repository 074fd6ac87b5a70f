export { readAddressLabels } from './address-labels.ts';
export { checkDataSources } from './data-sources.ts';
export { type Endpoints, readEndpoints } from './endpoints.ts';
export { configJsonSchema, configLeaves } from './leaves.ts';
export { type ConfigInputs, checkConfig, loadConfig } from './load-config.ts';
export type { ConfigProblem } from './problems.ts';
export type { Config } from './schema.ts';
