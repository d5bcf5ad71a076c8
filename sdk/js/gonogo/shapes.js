// The forms of the host's answers: `lift` takes the contract's form, `read` a recording's.

import { Attributes } from './attributes.js';
import { HostError } from './errors.js';
import { encode } from './utf8.js';
import { exact, shown } from './values.js';

function like(is, name) {
  return (value) => {
    if (is(value)) return value;
    throw new TypeError(`${shown(value)} is not ${name}`);
  };
}

export const nothing = { lift: () => undefined, read: () => undefined };
export const boolean = { lift: (value) => value, read: like((value) => typeof value === 'boolean', 'a boolean') };
export const number = { lift: (value) => value, read: like((value) => typeof value === 'number', 'a number') };
export const text = { lift: (value) => value, read: like((value) => typeof value === 'string', 'a text') };
export const integer = { lift: (value, call) => exact(value, `the answer to ${call}`), read: (value, call) => exact(number.read(value), `the answer to ${call}`) };
export const attributes = { lift: Attributes.lift, read: Attributes.read };

export const optional = (inner) => ({
  lift: (value, call) => (value === undefined || value === null ? undefined : inner.lift(value, call)),
  read: (value, call) => (value === undefined || value === null ? undefined : inner.read(value, call)),
});

export const list = (inner) => ({
  lift: (values, call) => values.map((value) => inner.lift(value, call)),
  read: (values, call) => like(Array.isArray, 'a list')(values).map((value) => inner.read(value, call)),
});

/** Bytes; a recording has them as text where they are UTF-8, else as hex. */
export const bytes = {
  lift: (value) => (value instanceof Uint8Array ? value : Uint8Array.from(value)),
  read(value) {
    if (typeof value === 'string') return encode(value);
    if (!/^([0-9a-fA-F]{2})*$/.test(value?.hex ?? '-')) throw new TypeError("'hex' is no sequence of hex pairs");
    return Uint8Array.from(value.hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  },
};

/** A text, or why there is none. */
export const attempt = {
  lift: ({ tag, val }) => (tag === 'ok' ? val : HostError.lift(val)),
  read: (value) => (value?.failed === undefined ? text.read(value) : HostError.read(value.failed)),
};
