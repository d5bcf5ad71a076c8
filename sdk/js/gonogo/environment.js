// The environment variables that parameters name.

import wit from '#wit/environment';
import { ask } from '#host';
import * as shapes from './shapes.js';
import { text, texts } from './values.js';

const named = (name) => text(name, 'the name of a variable');

export function length(name) {
  const asked = { name: named(name) };
  return ask('environment.length', asked, () => wit.length(asked.name), shapes.optional(shapes.number));
}

export function matches(name, pattern) {
  const asked = { name: named(name), pattern: text(pattern, 'a pattern') };
  return ask('environment.matches', asked, () => wit.matches(asked.name, asked.pattern), shapes.boolean);
}

export function reveal(name) {
  const asked = { name: named(name) };
  return ask('environment.reveal', asked, () => wit.reveal(asked.name), shapes.optional(shapes.text));
}

export function load(path) {
  const asked = { path: text(path, 'a path') };
  return ask('environment.load', asked, () => wit.load(asked.path), shapes.list(shapes.text));
}

export function number(name, decode, pattern) {
  const asked = { name: named(name), decode: texts(decode, 'the steps of decode'), pattern: text(pattern, 'a pattern') };
  const imported = () => wit.number(asked.name, asked.decode, asked.pattern);
  return ask('environment.number', asked, imported, shapes.optional(shapes.integer));
}
