// The parameter that names a table.

const grant = (kind) => ({ type: 'string', minLength: 1, 'x-gonogo-grant': kind });
const files = { anyOf: [grant('dataset'), { type: 'array', items: grant('dataset'), minItems: 1 }] };
const texts = { type: 'array', items: { type: 'string' } };
const text = (description) => ({ description, type: 'string' });

/** The three ways to write it: a name, names, or a table of options with the names as `files`. */
export const schema = {
  anyOf: [
    files,
    {
      type: 'object',
      properties: {
        files: { description: 'A file, a directory or a pattern, or several.', ...files },
        format: { description: 'What the files are. Without it their first bytes and extensions tell.', enum: ['csv', 'jsonl', 'json', 'parquet', 'arrow'] },
        compression: { description: 'How they are compressed. Without it their first bytes tell.', enum: ['none', 'gzip', 'zstd'] },
        delimiter: text('What stands between the fields of a row of CSV. Without it the first lines tell.'),
        quote: text('What stands around fields of CSV; empty for nothing.'),
        escape: text('What stands before a quote in a quoted field of CSV; without it quotes are doubled.'),
        comment: text('What lines of CSV that are skipped begin with.'),
        header: { description: 'Whether the first row of CSV has the names of the columns.', type: 'boolean' },
        columns: { description: "The names of the columns of CSV, in place of the header's.", ...texts },
        encoding: text('The encoding of text, as the web names it: `windows-1252`.'),
        nulls: { description: 'Cells of CSV that are null, besides empty ones: `NA`.', ...texts },
        types: { description: 'Whether the types of columns of CSV are found, or all are text.', enum: ['found', 'text'] },
        partitions: { description: 'Whether directories named `name=value` are columns. Without it they are where a directory or a pattern was named.', type: 'boolean' },
        endpoint: { description: 'The server of remote files: that of an `https://` name, or the S3 service of `s3://` ones (`https://s3.eu-central-1.amazonaws.com`).', ...grant('endpoint') },
        region: text('The region of the S3 service; without it `us-east-1`.'),
        'access-key-id': { description: 'The variable that holds the id of a key of S3: `AWS_ACCESS_KEY_ID`. Without one, requests are not signed.', ...grant('variable') },
        'secret-access-key': { description: 'The variable that holds the key itself: `AWS_SECRET_ACCESS_KEY`. Its value stays in the host.', ...grant('variable') },
        'session-token': { description: 'The variable that holds the token of a session: `AWS_SESSION_TOKEN`.', ...grant('variable') },
      },
      required: ['files'],
      additionalProperties: false,
    },
  ],
};

/** Files, and how they are read. */
export class Dataset {
  constructor(files, options = {}) {
    this.files = Object.freeze([...files]);
    this.options = Object.freeze({ ...options });
    Object.freeze(this);
  }

  /** From what a parameter may hold, or a Dataset itself. */
  static of(data) {
    if (data instanceof Dataset) return data;
    const { files, ...options } = typeof data === 'string' || Array.isArray(data) ? { files: data } : (data ?? {});
    const names = typeof files === 'string' ? [files] : files;
    const known = Object.keys(options).every((name) => Object.hasOwn(schema.anyOf[1].properties, name));
    if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string' && name) || !known) {
      throw new TypeError(`${JSON.stringify(data)} names no table: write a file, several, or files and options`);
    }
    return new Dataset(names, options);
  }

  /** The same table with other options. */
  with(options) {
    return Dataset.of({ files: this.files, ...this.options, ...options });
  }

  toString() {
    return this.files.join(', ');
  }
}
