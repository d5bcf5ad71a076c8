// Builders for what a check says.

import { lower, recorded, text, U32, whole } from './values.js';

const SEVERITIES = ['note', 'warn', 'unknown', 'no-go'];

/** Something to act on. */
class Finding {
  #severity;
  #message;
  #location;
  #hint;

  constructor(severity, message) {
    this.#severity = severity;
    this.#message = text(message, 'the message of a finding');
  }

  at(path) {
    this.#location = { path: text(path, 'the path of a finding') };
    return this;
  }

  atLine(path, line) {
    this.#location = { path: text(path, 'the path of a finding'), line: whole(line, 'the line of a finding', U32) };
    return this;
  }

  column(column) {
    const counted = whole(column, 'the column of a finding', U32);
    if (this.#location) this.#location = { ...this.#location, column: counted };
    return this;
  }

  hint(hint) {
    this.#hint = text(hint, 'the hint of a finding');
    return this;
  }

  get severity() {
    return this.#severity;
  }

  toJSON() {
    return { severity: this.#severity, message: this.#message, location: this.#location, hint: this.#hint };
  }
}

/** Something measured. */
class Fact {
  #name;
  #value;
  #unit;
  #bound;

  constructor(name, value) {
    this.#name = text(name, 'the name of a fact');
    this.#value = value;
    lower(value, `the fact '${name}'`); // What cannot be said is told here, where the check says it.
  }

  unit(unit) {
    this.#unit = text(unit, 'the unit of a fact');
    return this;
  }

  bound(bound) {
    this.#bound = text(bound, 'the bound of a fact');
    return this;
  }

  toJSON() {
    return { name: this.#name, value: recorded(this.#value, this.#name), unit: this.#unit, bound: this.#bound };
  }

  lower() {
    return { ...this.toJSON(), value: lower(this.#value, this.#name) };
  }
}

/** What a check found out. The worst finding makes the verdict; none makes it go. */
export class Report {
  #summary = '';
  #facts = [];
  #findings = [];

  summary(summary) {
    this.#summary = text(summary, 'the summary');
  }

  fact(name, value) {
    const fact = new Fact(name, value);
    this.#facts.push(fact);
    return fact;
  }

  note(message) {
    return this.finding('note', message);
  }

  warn(message) {
    return this.finding('warn', message);
  }

  unknown(message) {
    return this.finding('unknown', message);
  }

  noGo(message) {
    return this.finding('no-go', message);
  }

  finding(severity, message) {
    if (!SEVERITIES.includes(severity)) throw new TypeError(`'${severity}' is no severity: one of ${SEVERITIES.join(', ')}`);
    const finding = new Finding(severity, message);
    this.#findings.push(finding);
    return finding;
  }

  get worst() {
    return SEVERITIES.findLast((severity) => this.#findings.some((finding) => finding.severity === severity));
  }

  get findings() {
    return this.#findings.length;
  }

  get isEmpty() {
    return this.#facts.length === 0 && this.#findings.length === 0;
  }

  toJSON() {
    return { summary: this.#summary, facts: this.#facts.map((fact) => fact.toJSON()), findings: this.#findings.map((finding) => finding.toJSON()) };
  }

  /** In the contract's form. */
  lower() {
    return { ...this.toJSON(), facts: this.#facts.map((fact) => fact.lower()) };
  }
}
