export { SANDBOX_API_KEY, SANDBOX_API_SECRET } from './exchange/signatures.ts';
export { type Fault, type FaultKind, parseFault, SOURCES, type Source } from './faults.ts';
export { type Sandbox, type SandboxOptions, startSandbox } from './start-sandbox.ts';
export { World } from './world/world.ts';
