// Write gonogo checks in JavaScript and TypeScript. The types in index.d.ts have the documentation.

export { check, plugin } from './check.js';
export { HostError, NotApplicable, Unknown } from './errors.js';
export { Dataset } from './dataset-parameter.js';
export { Duration, Frequency, Rate, Size, counted } from './units.js';
export {
  boolean, choice, command, duration, frequency, integer, list, number, processes, program, rate, readable, record,
  revealed, scratch, size, table, text, variable, writable,
} from './parameters.js';
export * as clock from './clock.js';
export * as dataset from './dataset.js';
export * as environment from './environment.js';
export * as files from './files.js';
export * as log from './log.js';
export * as process from './process.js';
export * as system from './system.js';
export * as utf8 from './utf8.js';
