// What the host gives in batches, one after the other. After an error it is at its end.

import { ask } from '#host';

export class Batches {
  #call;
  #asked;
  #handle;
  #shape;
  #batch = [];
  #at = 0;
  #ended = false;

  constructor(call, asked, handle, shape) {
    this.#call = call;
    this.#asked = asked;
    this.#handle = handle;
    this.#shape = shape;
  }

  /** Asks about the whole: `totals`, `counts`. */
  ask(call, imported, shape) {
    return ask(call, this.#asked, () => imported(this.#handle), shape);
  }

  next() {
    if (this.#at === this.#batch.length && !this.#ended) {
      this.#ended = true;
      this.#batch = ask(this.#call, this.#asked, () => this.#handle.next(), this.#shape);
      this.#at = 0;
      this.#ended = this.#batch.length === 0;
    }
    if (this.#at === this.#batch.length) return { done: true, value: undefined };
    return { done: false, value: this.#batch[this.#at++] };
  }

  [Symbol.iterator]() {
    return this;
  }
}
