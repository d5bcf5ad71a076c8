// Questions in SQL about tables.

import wit from '#wit/dataset';
import { ask } from '#host';
import { formed } from './attributes.js';
import { HostError } from './errors.js';
import { Dataset } from './dataset-parameter.js';
import * as shapes from './shapes.js';
import { exact, lowerOptions, recordedOptions, shown, text } from './values.js';

const handle = { lift: (handle) => handle, read: () => undefined };

/** What a table was opened with. Not a property: it is the host's. */
const handles = new WeakMap();

/** A table: the rows of all its files, one after the other. */
class Table {
  #asked;

  constructor(asked, opened) {
    this.#asked = asked;
    handles.set(this, { asked, opened });
  }

  files() {
    return this.#ask('dataset.files', (table) => table.files(), shapes.list(shapes.attributes));
  }

  columns() {
    const columns = this.#ask('dataset.columns', (table) => table.columns(), shapes.list(shapes.attributes));
    return columns.map((column) => ({
      name: column.need('name', 'text'),
      kind: column.need('type', 'text'),
      nullable: column.get('nullable', 'boolean') ?? true,
      stored: column.get('stored', 'text') ?? '',
      partition: column.get('partition', 'boolean') ?? false,
    }));
  }

  rows() {
    return this.#ask('dataset.rows', (table) => table.rows(), shapes.integer);
  }

  damage() {
    return this.#ask('dataset.damage', (table) => table.damage(), shapes.list(shapes.attributes));
  }

  #ask(call, imported, shape) {
    return ask(call, this.#asked, () => imported(handles.get(this).opened), shape);
  }
}

export function open(data) {
  const { files, options } = Dataset.of(data);
  // The options of a parameter have the contract's names already.
  const asked = { files, options: recordedOptions(options) };
  return new Table(asked, ask('dataset.open', asked, () => wit.open(files, lowerOptions(options)), handle));
}

/** The answer to a query. */
class Answer {
  #columns;

  constructor(columns) {
    this.#columns = columns;
  }

  get rows() {
    return this.#columns[0]?.[1].length ?? 0;
  }

  get names() {
    return this.#columns.map(([name]) => name);
  }

  column(name) {
    const [, cells] = this.#columns.find(([other]) => other === name) ?? [];
    if (cells === undefined) throw new HostError('unsupported', `the host's answer has no column '${name}'`);
    return cells;
  }

  get(row, name, form) {
    const cells = this.column(name);
    if (!(row in cells)) throw new HostError('unsupported', `the host's answer has ${cells.length} rows, not ${row + 1}`);
    const value = cells[row];
    return value === null ? undefined : formed(value, form, `the host answers '${name}' with`);
  }

  need(row, name, form) {
    const value = this.get(row, name, form);
    if (value === undefined) throw new HostError('unsupported', `the host answers '${name}' of row ${row + 1} with null`);
    return value;
  }
}

/** JSON has no word for these. */
const WORDS = { NaN: NaN, inf: Infinity, '-inf': -Infinity };

const CELLS = {
  booleans: (cell) => cell,
  integers: (cell, name) => exact(cell, `a cell of '${name}' (cast it to text)`),
  numbers: (cell) => WORDS[cell] ?? cell,
  texts: (cell) => cell,
};

function column(name, form, cells) {
  if (!Object.hasOwn(CELLS, form)) throw new TypeError(`column '${name}' has ${shown(form)}, which are no cells`);
  return [name, cells.map((cell) => (cell === null || cell === undefined ? null : CELLS[form](cell, name)))];
}

const answer = {
  lift: (columns) => new Answer(columns.map(([name, { tag, val }]) => column(name, tag, val))),
  read: (columns) => new Answer(columns.map(({ name, ...cells }) => column(name, ...Object.entries(cells)[0]))),
};

export function query(tables, sql, options = {}) {
  const named = Object.entries(tables).map(([name, table]) => {
    if (!handles.has(table)) throw new TypeError(`'${name}' is no table that dataset.open gave`);
    return [name, handles.get(table)];
  });
  const asked = {
    tables: Object.fromEntries(named.map(([name, { asked }]) => [name, asked])),
    sql: text(sql, 'a query'),
    options: recordedOptions(options),
  };
  const imported = () => wit.query(named.map(([name, { opened }]) => [name.toWellFormed(), opened]), asked.sql, lowerOptions(options));
  return ask('dataset.query', asked, imported, answer);
}

/** A name as SQL takes it whatever is in it: `"Label"`. */
export const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

/** A text as SQL takes it: `'it''s'`. */
export const literal = (value) => `'${value.replaceAll("'", "''")}'`;
