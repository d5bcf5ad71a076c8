// The cases that all SDKs share, natively. tests/suite/conformance.rs runs them in the sandbox.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../gonogo/testing.js';
import plugin from '../../../tests/conformance/js/src/plugin.js';

const root = new URL('../../../tests/conformance/cases/', import.meta.url);
/** What only a sandbox does: it ends what does not end, has no Node.js in it, and cuts and cleans texts. */
const SANDBOX = ['endless/', 'escape/', 'large/go-70000-characters', 'unicode/go-escapes', 'unicode/go-joined'];

for (const check of readdirSync(root).sort()) {
  for (const file of readdirSync(new URL(`${check}/`, root)).sort()) {
    const name = `${check}/${file}`;
    if (SANDBOX.some((start) => name.startsWith(start))) continue;
    test(name, () => {
      const kept = JSON.parse(readFileSync(new URL(name, root), 'utf8'));
      const seen = run(plugin, check, kept);
      assert.deepEqual(Object.fromEntries(Object.keys(kept.expect).map((key) => [key, seen[key]])), kept.expect);
    });
  }
}
