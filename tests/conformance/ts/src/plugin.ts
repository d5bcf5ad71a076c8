// The conformance plugin in TypeScript: what tests/conformance/rust does, in the manner of this language.

import { plugin } from '#gonogo';
import { endless } from './endless.ts';
import { escape } from './escape.ts';
import { failure } from './failure.ts';
import { large } from './large.ts';
import { lines } from './lines.ts';
import { memory } from './memory.ts';
import { table } from './table.ts';
import { unicode } from './unicode.ts';
import { variable } from './variable.ts';
import { version } from './version.ts';
import { walk } from './walk.ts';

export default plugin({
  version: '1.0.0',
  summary: 'Checks that every SDK writes the same way',
  checks: [memory, lines, large, unicode, version, variable, walk, table, failure, endless, escape],
});
