// Runs a plugin's cases natively, against recorded or hand-written host answers: `cases/<check>/<name>.json` in plain `node --test`.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NotApplicable, Unknown } from './errors.js';
import { setCase } from './host/case.js';

const PARTS = ['about', 'parameters', 'calls', 'expect'];

/** Runs one check on a case: `verdict`, `reason`, `summary`, `facts`, `findings`. Throws where the case lacks an answer. */
export function run(plugin, check, { parameters = {}, calls = [] }) {
  setCase(calls);
  try {
    const report = plugin.run(check, JSON.stringify(parameters));
    const verdict = { undefined: 'go', note: 'go' }[report.worst] ?? report.worst;
    return JSON.parse(JSON.stringify({ verdict, ...report.toJSON() }));
  } catch (error) {
    if (error instanceof NotApplicable) return { verdict: 'not-applicable', reason: error.message };
    if (error instanceof Unknown) return { verdict: 'unknown', reason: error.message };
    throw error;
  }
}

/** Makes a test of each `<check>/<name>.json` below the folder, and one that fails for each check without a case. */
export function cases(plugin, folder) {
  const root = folder instanceof URL ? fileURLToPath(folder) : folder;
  const directories = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const checks = directories.map(({ name }) => name).sort();
  for (const check of checks) {
    const files = readdirSync(join(root, check)).filter((name) => name.endsWith('.json')).sort();
    for (const file of files) test(`${check}/${file}`, () => tried(plugin, check, join(root, check, file)));
  }
  for (const { name } of plugin.checks.filter(({ name }) => !checks.includes(name))) {
    test(name, () => assert.fail(`the check has no case: write ${join(root, name, 'go.json')}`));
  }
}

function tried(plugin, check, file) {
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  const foreign = Object.keys(kept).find((part) => !PARTS.includes(part));
  assert.equal(foreign, undefined, `'${foreign}' is no part of a case: ${PARTS.join(', ')}`);
  assert.ok(plugin.checks.some(({ name }) => name === check), `the plugin has no check '${check}'`);
  const seen = run(plugin, check, kept);
  if (env.GONOGO_BLESS !== undefined) {
    writeFileSync(file, `${JSON.stringify({ ...kept, expect: seen }, null, 2)}\n`);
    return;
  }
  const expected = kept.expect ?? {};
  assert.notDeepEqual(expected, {}, 'the case expects nothing; GONOGO_BLESS=1 writes down what it gives');
  // Only what the case expects is compared.
  const compared = Object.fromEntries(Object.keys(expected).map((key) => [key, seen[key]]));
  assert.deepEqual(compared, expected);
}
