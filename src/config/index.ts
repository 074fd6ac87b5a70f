export { readAddressLabels } from './address-labels.ts';
export { type ConfigSection, configSections } from './config-table.ts';
export {
  checkDataSources,
  DATA_SOURCES_FILE,
  type DataSource,
  type DataSources,
  dataSourcesJsonSchema,
  readDataSources,
} from './data-sources.ts';
export { type Endpoints, readEndpoints } from './endpoints.ts';
export { ENV_FILE, readEnvFile } from './env-file.ts';
export { configJsonSchema, configLeaves } from './leaves.ts';
export { type ConfigInputs, checkConfig, loadConfig } from './load-config.ts';
export { type ConfigProblem, nearest } from './problems.ts';
export type { Config } from './schema.ts';
export { unknownVariables } from './unknown-variables.ts';
