// Where patterns match: secrets are found by the host and never shown.

import wit from '#wit/files';
import { ask } from '#host';
import { Batches } from './batches.js';
import { attributes, list } from './shapes.js';
import { lowerOptions, recordedOptions, text } from './values.js';

const handle = { lift: (handle) => handle, read: () => undefined };

class Matches extends Batches {
  constructor(asked, handle) {
    super('files.search.next', asked, handle, list(attributes));
  }

  totals() {
    return this.ask('files.search.totals', (handle) => handle.totals(), attributes);
  }

  counts() {
    return this.ask('files.search.counts', (handle) => handle.counts(), list(attributes));
  }
}

/** Recordings do not keep the patterns: they know a search by its name. */
export function search(path, name, patterns, options = {}) {
  const all = { name: text(name, 'the name of a search'), ...options };
  const asked = { path: text(path, 'a path'), options: recordedOptions(all) };
  const imported = () => wit.search(asked.path, patterns.map(lowerOptions), lowerOptions(all));
  return new Matches(asked, ask('files.search', asked, imported, handle));
}

export function searchProcesses(patterns) {
  const asked = { processes: true };
  return new Matches(asked, ask('files.search-processes', asked, () => wit.searchProcesses(patterns.map(lowerOptions)), handle));
}
