/** What checks ask the host: a module for each interface of the contract, and UTF-8. */

import type { Dataset, HostError, Size, Value } from './index.js';

// ---- What the host answers

/** The forms that values can be asked for in. */
export interface Forms {
  boolean: boolean;
  integer: number;
  number: number;
  text: string;
  texts: readonly string[];
  numbers: readonly number[];
}

/** Named values. A name that is absent is unknown to the machine: never zero. */
export interface Attributes extends Iterable<[string, Value | HostError]> {
  /** The value; `undefined` where this machine has none. Throws where the host asked and got no answer, or the value is of another form. */
  get(name: string): Value | undefined;
  get<F extends keyof Forms>(name: string, form: F): Forms[F] | undefined;
  /** The value, which the check cannot do without. */
  need(name: string): Value;
  need<F extends keyof Forms>(name: string, form: F): Forms[F];
  has(name: string): boolean;
}

/** Time. */
export namespace clock {
  /** Seconds since the Unix epoch. */
  function now(): number;
  /** Seconds since the job started. */
  function elapsed(): number;
}

/** Messages for whoever runs the host with `-v`; no part of the report. */
export namespace log {
  function trace(message: string): void;
  function debug(message: string): void;
  function info(message: string): void;
  function warn(message: string): void;
}

/** The environment variables that `variable` and `revealed` parameters name. */
export namespace environment {
  /** Length of the value in bytes; `undefined` when the variable is not set. */
  function length(name: string): number | undefined;
  /** Whether the whole value matches a regular expression of Rust's `regex` crate. */
  function matches(name: string, pattern: string): boolean;
  /** The value, for a `revealed` parameter; `undefined` when the variable is not set. */
  function reveal(name: string): string | undefined;
  /** Takes in a `.env` file; for the rest of the job, variables that are not set have its values. Gives the names in it. */
  function load(path: string): string[];
  /** The whole number that a pattern's first group captures; each step of `decode` is one of `jwt-header`, `jwt-claims`, `base64`, `json:NAME`. */
  function number(name: string, decode: readonly string[], pattern: string): number | undefined;
}

/** Running the commands that the plan lists: those of `commands` and of `command` parameters. */
export namespace process {
  /** What a command that ran to its end left. */
  interface Output {
    /** The exit code; absent when a signal ended it. */
    readonly code: number | undefined;
    readonly signal: number | undefined;
    /** At most 1 MiB. */
    readonly stdout: string;
    /** At most 64 KiB. */
    readonly stderr: string;
    /** Whether either was longer. */
    readonly truncated: boolean;
    /** Whether it ended with code 0. */
    readonly succeeded: boolean;
    /** How it ended: `code 1`, `signal 9`. */
    readonly ending: string;
  }
  /** Where a program that a parameter or a command names is. */
  function find(program: string): string;
  /** Runs a command that the plan lists, argument for argument. */
  function run(command: readonly string[]): Output;
}

/** What the machine has, and what of it this process may use. `wit/system.wit` lists each function's names. */
export namespace system {
  function os(): Attributes;
  function cpu(): Attributes;
  function memory(): Attributes;
  function limits(): Attributes;
  function mounts(): Attributes[];
  function interfaces(): Attributes[];
  function troubledProcesses(): Attributes[];
  function gpuDrivers(): Attributes[];
  function gpus(): Attributes[];
  /** Kernel messages of the last `seconds` that hint at trouble. */
  function kernelEvents(seconds: number): Attributes[];
  /** Arithmetic for about `seconds`. */
  function probeCpu(seconds: number): Attributes;
  /** Memory bandwidth over arrays of `size` bytes together. */
  function probeMemory(size: number | Size): Attributes;
}

/** Reading what `readable` parameters name, probing where `writable` ones allow it. `wit/files.wit` says what each function answers. */
export namespace files {
  type Kind = 'file' | 'directory' | 'link' | 'other';
  type Algorithm = 'sha256' | 'blake3';

  /** Most bytes that one `read` gives. */
  const MOST_BYTES: number;

  /** What a path is; with `follow`, what a link leads to. */
  function stat(path: string, follow?: boolean): Attributes;
  /** Part of a file: fewer bytes than `length` only at its end. */
  function read(path: string, offset: number, length: number): Uint8Array;
  /** A whole text file of less than 4 MiB. */
  function readText(path: string): string;
  /** Names in a directory with their kinds, sorted. */
  function list(path: string): { name: string; kind: Kind }[];
  /** The first line, from 1, on which a regular expression of Rust's `regex` crate matches. */
  function find(path: string, pattern: string): number | undefined;
  /** A file's digest in lower-case hex. */
  function digest(path: string, algorithm: Algorithm): string;
  /** The digests of many files (at most 10,000), in their order. A file that cannot be read has an error in its place. */
  function digests(paths: readonly string[], algorithm: Algorithm): (string | HostError)[];
  /** Makes the directory that a `scratch` parameter names. */
  function scratch(path: string): void;
  /** The filesystem that holds a path. */
  function space(path: string): Attributes;
  /** Writes, syncs, reads back and removes a file of `size` bytes in a directory. */
  function probe(directory: string, size: number | Size): Attributes;

  /** One thing that a walk met. Links are not followed. */
  interface Entry {
    path: string;
    kind: Kind;
    size: number;
    /** The permission bits. */
    mode: number;
    owner: number;
    group: number;
    /** Seconds since the Unix epoch. */
    modified: number;
    links: number;
    device: number;
    /** Where a link leads to, as it is written. */
    target: string | undefined;
    /** What could not be found out. */
    failed: HostError | undefined;
  }
  interface Walk {
    /** Patterns of .gitignore, relative to the path. */
    exclude?: readonly string[];
    ignoreFiles?: boolean;
    sameDevice?: boolean;
    /** 1 is what lies directly in the directory. */
    depth?: number;
    /** Only entries that have one of these permission bits. */
    modeAny?: number;
    kinds?: readonly Kind[];
  }
  /** A directory and all below it, parents before children. */
  function walk(path: string, options?: Walk): IterableIterator<Entry>;

  /** One pattern of a search. `wit/files.wit` says what each part means. */
  interface Pattern {
    id: string;
    pattern: string;
    keywords?: readonly string[];
    secret?: string;
    entropy?: number;
    exclude?: readonly string[];
    excludeMatch?: readonly string[];
    stopWords?: readonly string[];
    excludePaths?: readonly string[];
    paths?: readonly string[];
    multiLine?: boolean;
    checksum?: string;
  }
  interface Search extends Omit<Walk, 'kinds' | 'modeAny'> {
    sizeMaximum?: number;
    binary?: boolean;
    ignored?: readonly string[];
    multiLine?: boolean;
    base64?: boolean;
    allow?: readonly string[];
    matchesMaximum?: number;
    staged?: boolean;
    history?: boolean;
    commitsMaximum?: number;
    table?: boolean;
    sample?: number;
    rowsMaximum?: number;
  }
  /** Where patterns match: `pattern`, `path`, `line`, `column`, `text`, … */
  interface Matches extends IterableIterator<Attributes> {
    /** What was searched so far. */
    totals(): Attributes;
    /** For tables: how many rows of each field matched each pattern. */
    counts(): Attributes[];
  }
  /** Searches a file, or all files below a directory. Recordings and cases know the search by `name`. */
  function search(path: string, name: string, patterns: readonly Pattern[], options?: Search): Matches;
  /** Searches the arguments of all processes that this user may see, for a `processes` parameter. */
  function searchProcesses(patterns: readonly Pattern[]): Matches;

  /** A file, or a member of an archive in it, as a sequence of bytes. */
  interface Content {
    /** By its first bytes: `zip`, `tar`, `gzip`, `zlib`, `zstd`, `bzip2`, `xz`, `7z`, or `bytes`. */
    format(): string;
    size(): number;
    read(offset: number, length: number): Uint8Array;
    /** What an archive holds. */
    members(): Attributes[];
    /** One member, by its place in `members`. */
    member(index: number): Content;
  }
  /** Opens a regular file, to read it in parts or to look into it. */
  function open(path: string): Content;
}

/** Questions in SQL about tables, for `table` parameters. `wit/dataset.wit` says how tables are read and what SQL may say. */
export namespace dataset {
  type Type = 'boolean' | 'integer' | 'number' | 'text' | 'date' | 'timestamp' | 'time' | 'decimal' | 'binary' | 'json' | 'null';
  interface Column {
    name: string;
    kind: Type;
    nullable: boolean;
    /** The type as the file has it, in Arrow's words: `Int32`. */
    stored: string;
    /** Whether the value comes from the path. */
    partition: boolean;
  }
  /** A table: the rows of all its files, one after the other. */
  interface Table {
    files(): Attributes[];
    /** Of CSV and JSON this reads the whole table. */
    columns(): Column[];
    rows(): number;
    /** What keeps files from being read to their end. */
    damage(): Attributes[];
  }
  /** Names a table. Nothing is read yet but directories and the first bytes of files. */
  function open(data: Dataset | string | readonly string[]): Table;

  type Cell = boolean | number | string | null;
  interface Answer {
    /** How many rows it has. */
    readonly rows: number;
    readonly names: readonly string[];
    /** The cells of a column, null where they are. */
    column(name: string): readonly Cell[];
    /** One cell; `undefined` where it is null. */
    get(row: number, name: string): Value | undefined;
    get<F extends keyof Forms>(row: number, name: string, form: F): Forms[F] | undefined;
    /** One cell that cannot be null. */
    need(row: number, name: string): Value;
    need<F extends keyof Forms>(row: number, name: string, form: F): Forms[F];
  }
  /** Answers one query over tables, each under its name; of at most 10,000 rows, or `rowsMaximum` (100,000 are the most). */
  function query(tables: Readonly<Record<string, Table>>, sql: string, options?: { rowsMaximum?: number }): Answer;
  /** A name as SQL takes it whatever is in it: `"Label"`. */
  function quoted(name: string): string;
  /** A text as SQL takes it: `'it''s'`. */
  function literal(text: string): string;
}

/** UTF-8 and characters: the engine of components has no TextDecoder. */
export namespace utf8 {
  /** Throws a TypeError that says which byte starts no character. */
  function decode(bytes: ArrayLike<number>): string;
  function encode(text: string): Uint8Array;
  /** How many bytes a text has. */
  function byteLength(text: string): number;
  /** How many Unicode scalar values a text has: `length` counts some twice. */
  function characters(text: string): number;
}
