// Reading what readable parameters name, probing where writable ones allow it.

import wit from '#wit/files';
import { ask } from '#host';
import { HostError } from './errors.js';
import * as shapes from './shapes.js';
import { decode } from './utf8.js';
import { text, texts, U32, whole } from './values.js';

export { open } from './content.js';
export { search, searchProcesses } from './search.js';
export { walk } from './walk.js';

/** Most bytes that one `read` gives. */
export const MOST_BYTES = 4 << 20;

const path = (value) => text(value, 'a path');

export function stat(file, follow = false) {
  const asked = { path: path(file), follow: Boolean(follow) };
  return ask('files.stat', asked, () => wit.stat(asked.path, asked.follow), shapes.attributes);
}

export function read(file, offset, length) {
  const asked = { path: path(file), offset: whole(offset, 'an offset'), length: whole(length, 'a length', U32) };
  return ask('files.read', asked, () => wit.read(asked.path, asked.offset, asked.length), shapes.bytes);
}

export function readText(file) {
  const bytes = read(file, 0, MOST_BYTES);
  if (bytes.length === MOST_BYTES) throw new HostError('limit', `${file} is larger than ${MOST_BYTES} bytes`);
  try {
    return decode(bytes);
  } catch (error) {
    throw new HostError('io', `${file} is not UTF-8: ${error.message}`);
  }
}

const name = {
  lift: ([name, kind]) => ({ name, kind }),
  read: ([name, kind]) => ({ name, kind }),
};

export function list(directory) {
  const asked = { path: path(directory) };
  return ask('files.list', asked, () => wit.list(asked.path), shapes.list(name));
}

export function find(file, pattern) {
  const asked = { path: path(file), pattern: text(pattern, 'a pattern') };
  return ask('files.find', asked, () => wit.find(asked.path, asked.pattern), shapes.optional(shapes.integer));
}

function algorithmed(algorithm) {
  if (algorithm === 'sha256' || algorithm === 'blake3') return algorithm;
  throw new TypeError(`'${algorithm}' is no algorithm: 'sha256' or 'blake3'`);
}

export function digest(file, algorithm) {
  const asked = { path: path(file), algorithm: algorithmed(algorithm) };
  return ask('files.digest', asked, () => wit.digest(asked.path, asked.algorithm), shapes.text);
}

export function digests(paths, algorithm) {
  const asked = { paths: texts(paths, 'the paths'), algorithm: algorithmed(algorithm) };
  return ask('files.digests', asked, () => wit.digests(asked.paths, asked.algorithm), shapes.list(shapes.attempt));
}

export function scratch(directory) {
  const asked = { path: path(directory) };
  return ask('files.scratch', asked, () => wit.scratch(asked.path), shapes.nothing);
}

export function space(file) {
  const asked = { path: path(file) };
  return ask('files.space', asked, () => wit.space(asked.path), shapes.attributes);
}

export function probe(directory, size) {
  const asked = { directory: path(directory), size: whole(Number(size), 'a size') };
  return ask('files.probe', asked, () => wit.probe(asked.directory, asked.size), shapes.attributes);
}
