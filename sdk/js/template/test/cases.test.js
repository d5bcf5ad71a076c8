// Runs cases/ natively: quick, and in your debugger. `gonogo plugin test` runs the same files in the sandbox.

import { cases } from '#gonogo/testing';
import plugin from '../src/plugin.js';

cases(plugin, 'cases');
