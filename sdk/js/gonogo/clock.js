// Time.

import wit from '#wit/clock';
import { ask } from '#host';
import { number } from './shapes.js';

export const now = () => ask('clock.now', null, () => wit.now(), number);
export const elapsed = () => ask('clock.elapsed', null, () => wit.elapsed(), number);
