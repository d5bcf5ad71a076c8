// Why there is no answer, and why there is no report.

const KINDS = ['denied', 'not-found', 'limit', 'timeout', 'io', 'unsupported'];
/** Kinds that a reader should be told of: the text alone would not say it. */
const SAID = ['denied', 'limit', 'timeout'];

/** Why the host could not answer. */
export class HostError extends Error {
  name = 'HostError';

  constructor(kind, text) {
    super(SAID.includes(kind) ? `${kind}: ${text}` : text);
    this.kind = kind;
    this.text = text;
  }

  /** From the contract's form. */
  static lift({ tag, val }) {
    return new HostError(tag, val);
  }

  /** From a recording's form. */
  static read(recorded) {
    const [kind] = Object.keys(recorded ?? {});
    if (!KINDS.includes(kind)) throw new TypeError(`${JSON.stringify(recorded)} is no error of the host`);
    return new HostError(kind, recorded[kind]);
  }

  toJSON() {
    return { [this.kind]: this.text };
  }
}

/** Thrown by a check: the item asks for nothing here. */
export class NotApplicable extends Error {
  name = 'NotApplicable';
}

/** Thrown by a check: could not tell. */
export class Unknown extends Error {
  name = 'Unknown';
}
