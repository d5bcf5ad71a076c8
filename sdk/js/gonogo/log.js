// Messages for whoever runs the host with `-v`; no part of the report.

import { log as say } from '#host';
import { text } from './values.js';

const at = (level) => (message) => say(level, text(message, 'a message of the log'));

export const trace = at('trace');
export const debug = at('debug');
export const info = at('info');
export const warn = at('warn');
