// Files and the members of archives as sequences of bytes.

import wit from '#wit/files';
import { ask } from '#host';
import * as shapes from './shapes.js';
import { text, U32, whole } from './values.js';

const handle = { lift: (handle) => handle, read: () => undefined };

/** A file, or a member of an archive in it. */
class Content {
  #path;
  /** The places of the members that lead here, from the file inwards. */
  #members;
  #handle;

  constructor(path, members, handle) {
    this.#path = path;
    this.#members = members;
    this.#handle = handle;
  }

  format() {
    return ask('files.content.format', this.#asked(), () => this.#handle.format(), shapes.text);
  }

  size() {
    return ask('files.content.size', this.#asked(), () => this.#handle.size(), shapes.integer);
  }

  read(offset, length) {
    const asked = this.#asked({ offset: whole(offset, 'an offset'), length: whole(length, 'a length', U32) });
    return ask('files.content.read', asked, () => this.#handle.read(asked.offset, asked.length), shapes.bytes);
  }

  members() {
    return ask('files.content.members', this.#asked(), () => this.#handle.members(), shapes.list(shapes.attributes));
  }

  member(index) {
    const asked = this.#asked({ index: whole(index, 'the place of a member', U32) });
    const inner = ask('files.content.member', asked, () => this.#handle.member(asked.index), handle);
    return new Content(this.#path, [...this.#members, asked.index], inner);
  }

  #asked(more = {}) {
    return { path: this.#path, members: this.#members, ...more };
  }
}

export function open(path) {
  const asked = { path: text(path, 'a path') };
  return new Content(asked.path, [], ask('files.open', asked, () => wit.open(asked.path), handle));
}
