// The conformance plugin in JavaScript: what tests/conformance/rust does, in the manner of this language.

import { plugin } from '#gonogo';
import { endless } from './endless.js';
import { escape } from './escape.js';
import { failure } from './failure.js';
import { large } from './large.js';
import { lines } from './lines.js';
import { memory } from './memory.js';
import { table } from './table.js';
import { unicode } from './unicode.js';
import { variable } from './variable.js';
import { version } from './version.js';
import { walk } from './walk.js';

export default plugin({
  version: '1.0.0',
  summary: 'Checks that every SDK writes the same way',
  checks: [memory, lines, large, unicode, version, variable, walk, table, failure, endless, escape],
});
