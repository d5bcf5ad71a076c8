// The way to the host outside of a component: the answers of the case that is being run. See testing.js.

import { HostError } from '../errors.js';

let answers = [];

/** Sets the answers of the case that runs next: `{call, ask, answer}` each. */
export function setCase(calls) {
  answers = calls.map((call) => ({ ...call, ask: call.ask ?? null }));
}

/** A case that cannot be run: no verdict of the check. */
export class CaseError extends Error {
  name = 'CaseError';
}

/** The case's answer. A call made again gets the next answer to it, the last one for ever. */
export function ask(call, asked, imported, shape) {
  const question = JSON.parse(JSON.stringify(asked ?? null));
  const fits = (other) => other.call === call && same(other.ask, question);
  const at = answers.findIndex(fits);
  if (at < 0) throw new CaseError(`the case has no answer to ${call} ${JSON.stringify(question)}`);
  const again = answers.slice(at + 1).some(fits);
  const { answer } = again ? answers.splice(at, 1)[0] : answers[at];
  if (answer.error !== undefined) throw HostError.read(answer.error);
  try {
    return shape.read(answer.ok, call);
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw new CaseError(`the case's answer to ${call} is not of its form: ${error.message}`);
  }
}

export function log(level, message) {
  console.error(`${level}: ${message}`);
}

export function prepare() {}

/** Whether two values of JSON are equal, whatever the order of the names. */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]));
}
