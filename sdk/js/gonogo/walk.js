// Everything below a directory, as the host meets it.

import wit from '#wit/files';
import { ask } from '#host';
import { Batches } from './batches.js';
import { HostError } from './errors.js';
import * as shapes from './shapes.js';
import { exact, lowerOptions, recordedOptions, text } from './values.js';

const entry = {
  lift: (entry) => kept(entry, entry.failed ? HostError.lift(entry.failed) : undefined),
  read: (entry) => kept(entry, entry.failed ? HostError.read(entry.failed) : undefined),
};

function kept({ path, kind, size = 0, mode = 0, owner = 0, group = 0, modified = 0, links = 0, device = 0, target }, failed) {
  return { path, kind, size: exact(size, `the size of ${path}`), mode, owner, group, modified, links, device, target: target ?? undefined, failed };
}

export function walk(path, options = {}) {
  const asked = { path: text(path, 'a path'), options: recordedOptions(options) };
  const handle = ask('files.walk', asked, () => wit.walk(asked.path, lowerOptions(options)), { lift: (handle) => handle, read: () => undefined });
  return new Batches('files.walk.next', asked, handle, shapes.list(entry));
}
