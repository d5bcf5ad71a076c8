// What checks ask the host: a module for each interface of the contract, and UTF-8.

export * as clock from './clock.js';
export * as dataset from './dataset.js';
export * as environment from './environment.js';
export * as files from './files.js';
export * as log from './log.js';
export * as process from './process.js';
export * as system from './system.js';
export * as utf8 from './utf8.js';
