/** Runs a plugin's cases natively: `cases/<check>/<name>.json` in plain `node --test`. `gonogo plugin test` runs them in the sandbox. */

import type { Plugin } from './index.js';

/** One host answer. A call made again gets the next answer to it, the last one for ever. */
export interface Call {
  /** The function: `files.stat`. */
  call: string;
  /** Its arguments by name; absent where it has none. */
  ask?: unknown;
  answer: { ok: unknown } | { error: Record<string, string> };
}

export interface Case {
  about?: string;
  /** The parameters, defaults left out. */
  parameters?: object;
  calls?: readonly Call[];
  expect?: object;
}

/** What a check says on a case. */
export interface Seen {
  verdict: 'go' | 'warn' | 'no-go' | 'unknown' | 'not-applicable';
  reason?: string;
  summary?: string;
  facts?: readonly object[];
  findings?: readonly object[];
}

/** Runs one check of a plugin on a case. Throws where the case lacks an answer. */
export function run(plugin: Plugin, check: string, kept: Case): Seen;

/** Makes a test of each case below the folder (seen from where the tests are started, or a URL), and one that fails for each check without a case. `GONOGO_BLESS=1` writes what is expected. */
export function cases(plugin: Plugin, folder: string | { readonly href: string }): void;
