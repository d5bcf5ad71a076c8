// What a check can be asked with: each parameter is a JSON Schema, and a way to read what stands in its place.

import { Dataset, schema as tables } from './dataset-parameter.js';
import { Duration, Frequency, Rate, Size } from './units.js';

/** Whether a value may stand there at all is for the host to say, by the schema; here only what would be misread is refused. */
function parameter(schema, options = {}, read = (value) => value) {
  const { about, default: preset, optional = false } = options;
  if (typeof about !== 'string' || about === '') throw new TypeError('a parameter needs `about`: what it is, in a sentence');
  if (preset !== undefined && optional) throw new TypeError(`a parameter with a default is optional as it is: ${about}`);
  const described = { ...schema, description: about };
  if (preset !== undefined) {
    read(preset);
    described.default = preset;
  }
  return Object.freeze({ schema: Object.freeze(described), required: preset === undefined && !optional, read });
}

function typed(is, name) {
  return (value) => {
    if (is(value)) return value;
    throw new TypeError(`${JSON.stringify(value)} is not ${name}`);
  };
}

/** Leaves out what is not given. */
const given = (schema) => Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));

const isText = typed((value) => typeof value === 'string', 'a text');

export const text = (options) =>
  parameter(given({ type: 'string', pattern: options?.pattern, minLength: options?.minLength }), options, isText);

export const integer = (options) =>
  parameter(
    given({ type: 'integer', minimum: options?.minimum, maximum: options?.maximum }),
    options,
    typed(Number.isSafeInteger, 'a whole number that JavaScript keeps exactly'),
  );

export const number = (options) =>
  parameter(
    given({ type: 'number', minimum: options?.minimum, maximum: options?.maximum }),
    options,
    typed(Number.isFinite, 'a number'),
  );

export const boolean = (options) => parameter({ type: 'boolean' }, options, typed((value) => typeof value === 'boolean', 'true or false'));

export const choice = (values, options) =>
  parameter({ type: 'string', enum: [...values] }, options, typed((value) => values.includes(value), `one of ${values.join(', ')}`));

/** A list whose elements are what another parameter would be. */
export const list = (element, options) => {
  const isList = typed(Array.isArray, 'a list');
  const schema = given({ type: 'array', items: element.schema, minItems: options?.minItems });
  return parameter(schema, options, (values) => isList(values).map((value) => element.read(value)));
};

/** A table with entries of its own. */
export const record = (fields, options) => parameter(objectSchema(fields), options, (value) => readObject(fields, value));

const measure = (type) => (options) =>
  parameter({ type: 'string', pattern: type.pattern, 'x-gonogo-expected': type.expected }, options, type.parse);

export const size = measure(Size);
export const rate = measure(Rate);
export const duration = measure(Duration);
export const frequency = measure(Frequency);

const grant = (kind) => (options) => parameter({ type: 'string', minLength: 1, 'x-gonogo-grant': kind }, options, isText);

export const readable = grant('read');
export const writable = grant('write');
export const scratch = grant('scratch');
export const program = grant('program');
export const variable = grant('variable');
export const revealed = grant('reveal');
export const endpoint = grant('endpoint');

export const processes = (options) => parameter({ type: 'boolean', 'x-gonogo-grant': 'processes' }, options, typed((value) => typeof value === 'boolean', 'true or false'));

const isCommand = typed((value) => Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string'), 'a list of texts, the program and its arguments');

export const command = (options) =>
  parameter({ type: 'array', items: { type: 'string' }, minItems: 1, 'x-gonogo-grant': 'command' }, options, isCommand);

/** A dataset: `dataset` is the module that asks it. */
export const table = (options) => parameter(tables, options, Dataset.of);

/** The schema of an object with these parameters and no others. */
export function objectSchema(parameters) {
  const required = Object.keys(parameters).filter((name) => parameters[name].required);
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(parameters).map(([name, { schema }]) => [name, schema])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** The values of these parameters, with defaults where nothing is given. */
export function readObject(parameters, object) {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) throw new TypeError(`${JSON.stringify(object)} is no table of parameters`);
  const extra = Object.keys(object).find((name) => !Object.hasOwn(parameters, name));
  if (extra !== undefined) throw new TypeError(`there is no parameter '${extra}': there are ${Object.keys(parameters).join(', ') || 'none'}`);
  const read = ([name, { schema, required, read }]) => {
    const value = object[name] ?? schema.default;
    if (value === undefined && required) throw new TypeError(`'${name}' is missing`);
    try {
      return [name, value === undefined ? undefined : read(value)];
    } catch (error) {
      throw new TypeError(`'${name}': ${error.message}`);
    }
  };
  return Object.fromEntries(Object.entries(parameters).map(read));
}
