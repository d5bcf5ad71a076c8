// Named values, as the host answers them.

import { HostError } from './errors.js';
import { exact, shown } from './values.js';

const FORMS = {
  boolean: ['a boolean', (value) => typeof value === 'boolean'],
  integer: ['an integer', (value) => Number.isInteger(value)],
  number: ['a number', (value) => typeof value === 'number'],
  text: ['a text', (value) => typeof value === 'string'],
  texts: ['a list of texts', (value) => isList(value, 'string')],
  numbers: ['a list of numbers', (value) => isList(value, 'number')],
};

/** Whether all in it are of one type. An empty list is one of texts and of numbers alike. */
function isList(value, type) {
  return Array.isArray(value) && value.every((element) => typeof element === type);
}

/** The value, if it is of the form that is asked for; else an error that begins with `what`. */
export function formed(value, form, what) {
  if (form === undefined) return value;
  if (!Object.hasOwn(FORMS, form)) throw new TypeError(`'${form}' is no form of values: one of ${Object.keys(FORMS).join(', ')}`);
  const [name, is] = FORMS[form];
  if (is(value)) return value;
  throw new HostError('unsupported', `${what} ${shown(value)}, which is not ${name}`);
}

/** Named values. A name that is absent is unknown to the machine: never zero. */
export class Attributes {
  #values;

  constructor(values) {
    this.#values = values;
  }

  static lift(answer) {
    return new Attributes(new Map(answer.map(([name, value]) => [name, lifted(value, name)])));
  }

  static read(answer) {
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
      throw new TypeError(`${shown(answer)} is not an object of named values`);
    }
    return new Attributes(new Map(Object.entries(answer).map(([name, value]) => [name, read(value, name)])));
  }

  get(name, form) {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (value instanceof HostError) throw value;
    return formed(value, form, `the host gives '${name}' as`);
  }

  need(name, form) {
    const value = this.get(name, form);
    if (value === undefined) throw new HostError('unsupported', `this machine does not tell '${name}'`);
    return value;
  }

  has(name) {
    return this.#values.has(name);
  }

  [Symbol.iterator]() {
    return this.#values.entries();
  }
}

/** What cannot be kept exactly is a failed value: whoever asks for it is told, nobody else. */
function integer(value, name) {
  try {
    return exact(value, `'${name}'`);
  } catch (error) {
    return error;
  }
}

function lifted({ tag, val }, name) {
  if (tag === 'integer') return integer(val, name);
  if (tag === 'numbers') return Array.from(val); // The engine may give a Float64Array.
  return tag === 'failed' ? HostError.lift(val) : val;
}

function read(value, name) {
  if (Number.isInteger(value)) return integer(value, name);
  if (['boolean', 'number', 'string'].includes(typeof value) || isList(value, 'string') || isList(value, 'number')) return value;
  if (value?.failed !== undefined) return HostError.read(value.failed);
  throw new TypeError(`'${name}' is ${shown(value)}, which is no value`);
}
