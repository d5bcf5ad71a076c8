// What the types declare is there, and what is there is declared.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as gonogo from '../gonogo/index.js';

const read = (name) => readFileSync(new URL(`../gonogo/${name}`, import.meta.url), 'utf8');
const names = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();

test('index.d.ts and modules.d.ts declare what index.js exports', () => {
  const declared = names(read('index.d.ts') + read('modules.d.ts'), /^export (?:const|function|class|namespace) (\w+)/gm);
  assert.deepEqual(declared, Object.keys(gonogo).sort());
});

test('modules.d.ts declares the functions of each module', () => {
  const text = read('modules.d.ts');
  for (const [, module, body] of text.matchAll(/^export namespace (\w+) \{\n(.*?)^\}/gms)) {
    assert.deepEqual(names(body, /^ {2}(?:const|function) (\w+)/gm), Object.keys(gonogo[module]).sort(), module);
  }
});

test('the modules have every function of the contract', () => {
  const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  for (const name of ['clock', 'dataset', 'environment', 'files', 'log', 'process', 'system']) {
    const contract = readFileSync(new URL(`../../../wit/${name}.wit`, import.meta.url), 'utf8');
    const functions = names(contract, /^ {4}%?([a-z-]+): func\(/gm).map(camel);
    assert.ok(functions.length > 0, name);
    const own = Object.keys(gonogo[name]);
    // The contract's one function of the log is a function for each level.
    const missing = functions.filter((name) => !own.includes(name) && name !== 'log');
    assert.deepEqual(missing, [], name);
  }
});
