// The way to the host from within a component: the contract's imports. `gonogo plugin build` resolves `#host` to this file.

import wit from '#wit/log';
import { HostError } from '../errors.js';

/** Asks the host. `call` and `asked` are what a recording keeps; here `imported`, the contract's function, is called. */
export function ask(call, asked, imported, shape) {
  let answer;
  try {
    answer = imported();
  } catch (error) {
    throw error?.payload?.tag === undefined ? error : HostError.lift(error.payload);
  }
  return shape.lift(answer, call);
}

export function log(level, message) {
  wit.log(level, message);
}

/**
 * Puts words in the place of traps. The engine's clock is a WASI import that is not there: asking it would end the guest without
 * saying why. And there is no `console` in a component, though everybody's fingers write it.
 */
export function prepare() {
  const none = (what) => {
    throw new Error(`${what} has no clock in a component: use clock.now() of gonogo, or clock.elapsed()`);
  };
  const { Date, performance } = globalThis;
  class Timeless extends Date {
    constructor(...given) {
      if (given.length === 0) none('new Date()');
      super(...given);
    }
    static now() {
      none('Date.now()');
    }
  }
  Object.defineProperty(Timeless, 'name', { value: 'Date' });
  globalThis.Date = Timeless;
  if (performance) globalThis.performance = { now: () => none('performance.now()') };
  const say = (level) => (...words) => log(level, words.map(shown).join(' ').toWellFormed());
  globalThis.console ??= {
    trace: say('trace'), debug: say('debug'), log: say('info'), info: say('info'), warn: say('warn'), error: say('warn'),
  };
}

function shown(word) {
  if (typeof word !== 'object' || word === null) return String(word);
  if (word instanceof Error) return `${word}\n${word.stack ?? ''}`;
  try {
    return JSON.stringify(word);
  } catch {
    return String(word);
  }
}
