// What a check is, and the table of them that makes a plugin.

import { log, prepare } from '#host';
import { HostError, NotApplicable, Unknown } from './errors.js';
import { objectSchema, readObject } from './parameters.js';
import { Report } from './report.js';
import { shown } from './values.js';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const PARTS = ['name', 'summary', 'documentation', 'parameters', 'commands', 'timeout', 'exclusive', 'run'];

/** A mistake in a declaration is told when the plugin is built. */
function must(holds, what) {
  if (!holds) throw new TypeError(what);
}

const isLine = (value) => typeof value === 'string' && value !== '' && !value.includes('\n');

/** A check: its declaration, held to what the contract asks for. */
export function check(declaration) {
  const { name, summary, documentation = '', parameters = {}, commands = [], timeout, exclusive = false, run } = declaration;
  must(NAME.test(name), `'${name}' is no name of a check: lower-case letters, digits and hyphens`);
  const foreign = Object.keys(declaration).find((part) => !PARTS.includes(part));
  must(foreign === undefined, `check '${name}': '${foreign}' is no part of a check: ${PARTS.join(', ')}`);
  must(isLine(summary) && !summary.endsWith('.'), `check '${name}': \`summary\` is what must hold, in one line without a full stop`);
  must(typeof documentation === 'string', `check '${name}': \`documentation\` must be a text`);
  must(typeof run === 'function', `check '${name}': \`run(parameters, report)\` is missing`);
  must(timeout === undefined || timeout > 0, `check '${name}': \`timeout\` must be a number of seconds`);
  const isCommand = (command) => Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string');
  must(Array.isArray(commands) && commands.every(isCommand), `check '${name}': \`commands\` must be a list of lists of texts`);
  return Object.freeze({ name, summary, documentation, parameters, commands, timeout, exclusive, run });
}

function describe({ name, summary, documentation, parameters, commands, timeout, exclusive }) {
  const traits = [];
  if (timeout !== undefined) traits.push(['timeout', { tag: 'number', val: timeout }]);
  if (exclusive) traits.push(['exclusive', { tag: 'boolean', val: true }]);
  return { name, summary, documentation, parameters: JSON.stringify(objectSchema(parameters)), commands, traits };
}

/** The table of checks that a module exports as its default: a plugin. */
export function plugin({ version, summary, checks }) {
  must(/^\d+\.\d+\.\d+([-+].*)?$/.test(version), `'${version}' is no version of a plugin: '1.0.0'`);
  must(isLine(summary), 'the `summary` of a plugin says what it is for, in one line');
  must(Array.isArray(checks) && checks.length > 0, 'a plugin needs `checks`: a list');
  const names = checks.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  must(twice === undefined, `two checks are called '${twice}'`);
  prepare();
  const description = { version, summary, checks: checks.map(describe) };
  const run = (name, parameters) => {
    const found = checks.find((check) => check.name === name);
    if (!found) throw new Unknown(`this plugin has no check '${name}'`);
    return ran(found, parameters);
  };
  return Object.freeze({
    checks: Object.freeze([...checks]),
    describe: () => description,
    run,
    /** What the component exports, in the contract's form. */
    component: Object.freeze({ describe: () => description, run: (name, parameters) => lowered(() => run(name, parameters)) }),
  });
}

function ran(check, json) {
  let parameters;
  try {
    parameters = readObject(check.parameters, JSON.parse(json));
  } catch (error) {
    throw new Unknown(`the parameters do not fit the check: ${error.message}`);
  }
  const report = new Report();
  try {
    const result = check.run(parameters, report);
    // What would come after an `await` is never waited for: that cannot be a go.
    if (typeof result?.then === 'function') throw new Unknown(`check '${check.name}' is asynchronous, and a check cannot wait: leave out async`);
    return report;
  } catch (error) {
    // What was found out before stays: a no-go among it is a no-go.
    const why = reason(error, check.name);
    if (error instanceof NotApplicable || report.isEmpty) throw error instanceof NotApplicable ? error : new Unknown(why, { cause: error });
    report.unknown(why);
    return report;
  }
}

/** Why a check ended early. Of what nobody meant to throw, the log says where. */
function reason(error, name) {
  if (error?.name === 'CaseError') throw error;
  if (error instanceof Unknown || error instanceof HostError || error instanceof NotApplicable) return error.message;
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `the check threw ${shown(error)}`;
  log('warn', `${name}: ${error.name}: ${error.message}\n${error.stack ?? ''}`.toWellFormed());
  return error.message || error.name;
}

function lowered(run) {
  try {
    return run().lower();
  } catch (error) {
    const tag = error instanceof NotApplicable ? 'not-applicable' : 'unknown';
    throw { tag, val: String(error?.message ?? error).toWellFormed() };
  }
}
