// Running the commands that the plan lists.

import wit from '#wit/process';
import { ask } from '#host';
import * as shapes from './shapes.js';
import { text, texts } from './values.js';

/** What a command that ran to its end left. */
class Output {
  constructor({ code, signal, stdout = '', stderr = '', truncated = false }) {
    Object.assign(this, { code: code ?? undefined, signal: signal ?? undefined, stdout, stderr, truncated });
  }

  get succeeded() {
    return this.code === 0;
  }

  get ending() {
    if (this.code !== undefined) return `code ${this.code}`;
    return this.signal === undefined ? 'no code' : `signal ${this.signal}`;
  }
}

const output = { lift: (answer) => new Output(answer), read: (answer) => new Output(answer) };

export function find(program) {
  const asked = { program: text(program, 'a program') };
  return ask('process.find', asked, () => wit.find(asked.program), shapes.text);
}

export function run(command) {
  const asked = { command: texts(command, 'a command') };
  return ask('process.run', asked, () => wit.run(asked.command), output);
}
