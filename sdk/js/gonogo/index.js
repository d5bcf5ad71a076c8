// Write gonogo checks in JavaScript and TypeScript. The types in index.d.ts have the documentation.

export { check, plugin } from './check.js';
export { HostError, NotApplicable, Unknown } from './errors.js';
export { Dataset } from './dataset-parameter.js';
export { Duration, Frequency, Rate, Size, counted } from './units.js';
export {
  boolean, choice, command, duration, endpoint, frequency, integer, list, number, processes, program, rate, readable,
  record, revealed, scratch, size, table, text, variable, writable,
} from './parameters.js';
export * from './modules.js';
