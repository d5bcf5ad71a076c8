/**
 * Write gonogo checks in JavaScript and TypeScript.
 *
 * A check is an object that says what it is asked with and how it measures; a plugin is the table of them:
 *
 * ```js
 * import { check, plugin, Size, size, system } from '#gonogo';
 *
 * const swap = check({
 *   name: 'swap',
 *   summary: 'Swap is off, or small',
 *   documentation: 'A training process that swaps is as good as dead.',
 *   parameters: {
 *     maximum: size({ about: 'Most swap space that there may be.', default: '0 B' }),
 *   },
 *   run({ maximum }, report) {
 *     const swap = new Size(system.memory().need('swap-total', 'integer'));
 *     report.fact('swap', swap.bytes).unit('B').bound(`<= ${maximum.bytes}`);
 *     report.summary(`${swap} of swap`);
 *     if (swap > maximum) report.noGo(`${swap} of swap, at most ${maximum} wanted`).hint('swapoff -a');
 *   },
 * });
 *
 * export default plugin({ version: '1.0.0', summary: 'Checks of our site', checks: [swap] });
 * ```
 *
 * In a component there is this module and what is bundled, and nothing else: no Node.js, no network, no timers, no waiting. `console` writes into
 * the host's log. `wit/` says what each host function answers.
 *
 * Integers of the host are numbers. One beyond 2^53 would be rounded: it is a {@link HostError} (`unsupported`) for whoever reads it.
 */

export * from './modules.js';

// ---- Checks and plugins

/** What a check is. `P` follows from `parameters`. */
export interface Declaration<P extends Parameters> {
  /** Lower-case letters, digits and hyphens: `cpu` in `system/cpu`. */
  name: string;
  /** What must hold, in one line without a full stop. */
  summary: string;
  /** Markdown: what is measured, how it is judged, where the default bounds come from. */
  documentation?: string;
  /** What the check is asked with. */
  parameters?: P;
  /**
   * The commands that the check may run, each a list of arguments. `{name}` stands for a parameter, `{list[].name}` for each element's in turn,
   * `{list[].names...}` for all of them as arguments of their own.
   */
  commands?: readonly (readonly string[])[];
  /** Seconds that the whole job may take, where the host's default is too few. */
  timeout?: number;
  /** Whether the check measures speed, so that nothing may run beside it. */
  exclusive?: boolean;
  /**
   * Measures and judges. Throw {@link NotApplicable} where the item asks for nothing here. Whatever else is thrown, errors of the host among
   * them, makes the check `unknown` with its message; what the report holds by then is kept. It cannot be asynchronous.
   */
  run(parameters: Values<P>, report: Report): void;
}

/** A check. */
export interface Check {
  readonly name: string;
  readonly summary: string;
}

/** A check, from its declaration. Throws where the declaration is wrong, so that the plugin cannot be built. */
export function check<const P extends Parameters = {}>(declaration: Declaration<P>): Check;

/** A plugin: what a module exports as its default. */
export interface Plugin {
  readonly checks: readonly Check[];
}

/** The table of checks that makes a plugin. `version` is semver, `summary` what the plugin is for, in one line. */
export function plugin(table: { version: string; summary: string; checks: readonly Check[] }): Plugin;

// ---- Why there is no answer

/** Why the host could not answer. One that a check does not catch makes it `unknown`. */
export class HostError extends Error {
  constructor(kind: HostError['kind'], text: string);
  readonly kind: 'denied' | 'not-found' | 'limit' | 'timeout' | 'io' | 'unsupported';
  /** The host's words; `message` says the kind, too, where the words would not. */
  readonly text: string;
}

/** Throw this where the item asks for nothing here: say why. */
export class NotApplicable extends Error {
  constructor(why: string);
}

/** Throw this where nothing can be told: say what was tried, on what, and why it failed. */
export class Unknown extends Error {
  constructor(why: string);
}

// ---- What a check says

export type Severity = 'note' | 'warn' | 'unknown' | 'no-go';

/** A value: whole numbers are integers to the host, others numbers. A list of numbers is a series, in its order. */
export type Value = boolean | number | string | readonly string[] | readonly number[];

/** What counts as a number in a fact. */
export type AnyNumber = number | bigint | Size | Rate | Duration | Frequency;

/** What a check found out. The worst finding makes the verdict; none makes it go. */
export interface Report {
  /** The result in one line, with the figures that matter. The last call counts. */
  summary(summary: string): void;
  /**
   * Something measured. Give it its unit and its bound. Sizes are integers, rates, durations and frequencies numbers; a plain number is an integer
   * where it is whole. A list of numbers is a series, which a report draws; an empty list is one of texts. A number that is none (NaN) is an error.
   */
  fact(name: string, value: Value | AnyNumber | readonly AnyNumber[]): Fact;
  /** Worth knowing; the verdict stays go. */
  note(message: string): Finding;
  /** Needs attention, does not stop the run. */
  warn(message: string): Finding;
  /** A part of it could not be told. */
  unknown(message: string): Finding;
  /** Must not start like this. */
  noGo(message: string): Finding;
  /** A finding whose severity is computed. */
  finding(severity: Severity, message: string): Finding;
  /** The worst severity so far. */
  readonly worst: Severity | undefined;
  /** How many findings there are. */
  readonly findings: number;
}

export interface Fact {
  /** `B`, `s`, `B/s`, `Hz`, `°C`, `W`, or `1` for a count or a share. */
  unit(unit: string): this;
  /** What the value is held against, in the fact's unit: `>= 4`. */
  bound(bound: string): this;
}

export interface Finding {
  /** In which file. */
  at(path: string): this;
  /** On which line of which file, counted from 1. */
  atLine(path: string, line: number): this;
  /** In which column of the line that `atLine` named. */
  column(column: number): this;
  /** What to do: best the exact command or line of configuration. */
  hint(hint: string): this;
}

// ---- Sizes, rates, durations, frequencies

interface Measure {
  /** So that they can be compared and added: `free < minimum`. */
  valueOf(): number;
  /** As people write it. */
  toString(): string;
}

/** A number of bytes: `64 GiB`, `500 MB`. At most 8 PiB: beyond, JavaScript cannot count single bytes. */
export class Size implements Measure {
  constructor(bytes: number);
  static parse(text: string): Size;
  static gib(count: number): Size;
  static mib(count: number): Size;
  readonly bytes: number;
  valueOf(): number;
}

/** Bytes per second: `2 GB/s`. */
export class Rate implements Measure {
  constructor(bytesPerSecond: number);
  static parse(text: string): Rate;
  readonly perSecond: number;
  valueOf(): number;
}

/** A span of time: `30 s`, `2 h`, `7 d`. */
export class Duration implements Measure {
  constructor(seconds: number);
  static parse(text: string): Duration;
  readonly seconds: number;
  valueOf(): number;
}

/** A clock: `1980 MHz`. */
export class Frequency implements Measure {
  constructor(hertz: number);
  static parse(text: string): Frequency;
  readonly hertz: number;
  valueOf(): number;
}

/** A number of things, for a sentence: `1 file`, `3 files`, `2 directories`. */
export function counted(number: number, thing: string): string;

// ---- Parameters

/** A parameter whose value is a `T`. */
export interface Parameter<T> {
  readonly schema: object;
  readonly required: boolean;
  read(value: unknown): T;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** What `run` is given for these parameters. */
export type Values<P extends Parameters> = { readonly [Name in keyof P]: P[Name] extends Parameter<infer T> ? T : never };

/** Makes parameters: required ones, such with a default, such that may be left out. `D` is how a default is written, `More` are further options. */
interface Maker<T, D, More = {}> {
  (options: { about: string; default?: D; optional?: false } & More): Parameter<T>;
  (options: { about: string; optional: true } & More): Parameter<T | undefined>;
}

interface Range {
  minimum?: number;
  maximum?: number;
}

export const text: Maker<string, string, { pattern?: string; minLength?: number }>;
/** A whole number that JavaScript keeps exactly. */
export const integer: Maker<number, number, Range>;
export const number: Maker<number, number, Range>;
export const boolean: Maker<boolean, boolean>;
/** One of several texts. */
export function choice<const V extends readonly string[]>(values: V, options: { about: string; default?: V[number]; optional?: false }): Parameter<V[number]>;
export function choice<const V extends readonly string[]>(values: V, options: { about: string; optional: true }): Parameter<V[number] | undefined>;
/** A list whose elements are what another parameter would be. */
export function list<T>(element: Parameter<T>, options: { about: string; default?: readonly unknown[]; optional?: false; minItems?: number }): Parameter<readonly T[]>;
export function list<T>(element: Parameter<T>, options: { about: string; optional: true; minItems?: number }): Parameter<readonly T[] | undefined>;
/** A table with entries of its own. */
export function record<P extends Parameters>(fields: P, options: { about: string; default?: object; optional?: false }): Parameter<Values<P>>;
export function record<P extends Parameters>(fields: P, options: { about: string; optional: true }): Parameter<Values<P> | undefined>;

export const size: Maker<Size, string>;
export const rate: Maker<Rate, string>;
export const duration: Maker<Duration, string>;
export const frequency: Maker<Frequency, string>;

// These carry authority: whoever writes one into gonogo.toml grants it to that job.

/** A file, or a directory and all below it, that the check may read. Relative to the project. */
export const readable: Maker<string, string>;
/** A directory in which the check may have a probe file written. */
export const writable: Maker<string, string>;
/** A directory that the host makes for this job and removes after it; the job's commands may fill it. */
export const scratch: Maker<string, string>;
/** A program that the check may look up: a name, or a path. */
export const program: Maker<string, string>;
/** A command that the check may run, word for word. */
export const command: Maker<readonly string[], readonly string[]>;
/** An environment variable whose presence and length the check may see, and whose value it may match. */
export const variable: Maker<string, string>;
/** An environment variable whose value the check may see. */
export const revealed: Maker<string, string>;
/** A server that remote tables may be read from: `https://data.example`, `http://127.0.0.1:9000`. */
export const endpoint: Maker<string, string>;
/** Whether the arguments of running processes may be searched. */
export const processes: Maker<boolean, boolean>;
/** Files that may be read as a table, for the module {@link dataset}. */
export const table: Maker<Dataset, string | readonly string[] | ({ files: string | readonly string[] } & Reading)>;

/** How files are read as a table, as gonogo.toml writes it. Without an option the files tell. */
export interface Reading {
  format?: 'csv' | 'jsonl' | 'json' | 'parquet' | 'arrow';
  compression?: 'none' | 'gzip' | 'zstd';
  delimiter?: string;
  quote?: string;
  escape?: string;
  comment?: string;
  header?: boolean;
  columns?: readonly string[];
  encoding?: string;
  nulls?: readonly string[];
  types?: 'found' | 'text';
  partitions?: boolean;
  /** The server of remote files: that of an `https://` name, or the S3 service of `s3://` ones. */
  endpoint?: string;
  /** The region of the S3 service; without it `us-east-1`. */
  region?: string;
  /** The variable that holds the id of a key of S3. Without one, requests are not signed. */
  'access-key-id'?: string;
  /** The variable that holds the key itself. Its value stays in the host. */
  'secret-access-key'?: string;
  /** The variable that holds the token of a session. */
  'session-token'?: string;
}

/** A table: files, and how they are read. */
export class Dataset {
  constructor(files: readonly string[], options?: Reading);
  readonly files: readonly string[];
  readonly options: Readonly<Reading>;
  /** The same table with other options. */
  with(options: Reading): Dataset;
  toString(): string;
}
