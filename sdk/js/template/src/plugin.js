// {{title}}: the table of the checks.

import { plugin } from '#gonogo';
import { scratch } from './scratch.js';

export default plugin({
  version: '0.1.0',
  summary: '{{title}}',
  checks: [scratch],
});
