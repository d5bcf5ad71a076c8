// What crosses the contract, checked: the engine ends the guest without a word where a value is not of the form that it expects.

import { HostError } from './errors.js';
import { Duration, Frequency, Rate, Size } from './units.js';

/** A text, with U+FFFD in place of half a surrogate pair. */
export function text(value, what) {
  if (typeof value !== 'string') throw new TypeError(`${what} must be a text, not ${shown(value)}`);
  return value.toWellFormed();
}

export function texts(value, what) {
  if (!Array.isArray(value)) throw new TypeError(`${what} must be a list of texts, not ${shown(value)}`);
  return value.map((element) => text(element, what));
}

/** A whole number from 0, which JavaScript keeps exactly. */
export function whole(value, what, most = Number.MAX_SAFE_INTEGER) {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (!Number.isSafeInteger(number) || number < 0 || number > most) {
    throw new RangeError(`${what} must be a whole number from 0 to ${most}, not ${shown(value)}`);
  }
  return number;
}

export const U32 = 0xffff_ffff;

export function shown(value) {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? String(value);
}

/** An integer of the host. It comes as a double: beyond 2^53 it may have been rounded, and nobody may judge by it. */
export function exact(number, what) {
  if (Number.isSafeInteger(number)) return number;
  throw new HostError('unsupported', `the host gives ${what} as an integer beyond 2^53, which JavaScript cannot keep exactly`);
}

function bounded(value, what) {
  if (Number.isSafeInteger(Number(value))) return Number(value);
  throw new RangeError(`${what} is ${value}: integers beyond 2^53 do not go through to the host exactly`);
}

const MEASURES = [Size, Rate, Duration, Frequency];

function isNumber(value) {
  return typeof value === 'number' || typeof value === 'bigint' || MEASURES.some((measure) => value instanceof measure);
}

/** A list of texts, or a series: numbers, whole or not. An empty list is one of texts. */
function list(value, what) {
  if (!value.some(isNumber)) return { tag: 'texts', val: texts(value, what) };
  const numbers = Array.from(value, (element) => {
    if (isNumber(element)) return lower(element, what).val;
    throw new TypeError(`${what} must be a list of texts or of numbers, and holds ${shown(element)} beside numbers`);
  });
  return { tag: 'numbers', val: numbers };
}

/** A value in the contract's form: whole numbers are integers, others numbers. */
export function lower(value, what) {
  switch (typeof value) {
    case 'boolean':
      return { tag: 'boolean', val: value };
    case 'bigint':
      return { tag: 'integer', val: bounded(value, what) };
    case 'number':
      // Beyond 2^53 a double is a measure, no count.
      if (Number.isSafeInteger(value)) return { tag: 'integer', val: value };
      if (Number.isFinite(value)) return { tag: 'number', val: value };
      throw new RangeError(`${what} is ${value}, which is no number`);
    case 'string':
      return { tag: 'text', val: value.toWellFormed() };
    default:
      // A measure is a number whatever its figure is: what a report holds must not change its form with it.
      if (value instanceof Size) return { tag: 'integer', val: value.bytes };
      if (MEASURES.some((measure) => value instanceof measure)) return { tag: 'number', val: value.valueOf() };
      if (value instanceof HostError) return { tag: 'failed', val: { tag: value.kind, val: text(value.text, what) } };
      if (Array.isArray(value)) return list(value, what);
      throw new TypeError(`${what} must be a boolean, a number, a text, or a list of texts or of numbers, not ${shown(value)}`);
  }
}

/** The same as a recording keeps it. */
export function recorded(value, what) {
  const { tag, val } = lower(value, what);
  return tag === 'failed' ? { failed: value.toJSON() } : val;
}

/** Options as a check writes them (`ignoreFiles`) by the contract's names (`ignore-files`); what is undefined is left out. */
export function named(options) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value]);
}

/** Options that are numbers even where they are whole. */
const NUMBERS = ['entropy', 'sample'];

export function lowerOptions(options) {
  return named(options).map(([name, value]) => {
    if (NUMBERS.includes(name) && Number.isFinite(value)) return [name, { tag: 'number', val: value }];
    return [name, lower(value, `the option '${name}'`)];
  });
}

export function recordedOptions(options) {
  return Object.fromEntries(named(options).map(([name, value]) => [name, recorded(value, `the option '${name}'`)]));
}
