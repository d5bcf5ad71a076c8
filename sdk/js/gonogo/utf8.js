// UTF-8, which the engine of components has no words for.

/** The text that the bytes are. Throws a TypeError that says which byte starts no character. */
export function decode(bytes) {
  const parts = [];
  let units = [];
  const flush = () => {
    parts.push(String.fromCharCode.apply(null, units));
    units = [];
  };
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at];
    // Most text is ASCII: nothing to work out.
    if (first < 0x80) {
      units.push(first);
      at += 1;
    } else {
      const [character, length] = scalar(bytes, at);
      if (character < 0x10000) units.push(character);
      else units.push(0xd7c0 + (character >> 10), 0xdc00 + (character & 0x3ff));
      at += length;
    }
    if (units.length >= 4096) flush();
  }
  flush();
  return parts.join('');
}

/** The scalar value that begins there, and its length. Overlong forms, surrogates and what is cut off are none. */
function scalar(bytes, at) {
  const first = bytes[at];
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0;
  let value = first & (0xff >> (length + 1));
  let valid = length > 0 && at + length <= bytes.length;
  for (let next = 1; valid && next < length; next += 1) {
    valid = (bytes[at + next] & 0xc0) === 0x80;
    value = (value << 6) | (bytes[at + next] & 0x3f);
  }
  const least = [0, 0, 0x80, 0x800, 0x10000][length];
  if (!valid || value < least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
    throw new TypeError(`byte ${at} starts no character`);
  }
  return [value, length];
}

/** The bytes of a text. */
export function encode(text) {
  const bytes = new Uint8Array(byteLength(text));
  let at = 0;
  for (const character of text.toWellFormed()) {
    const value = character.codePointAt(0);
    if (value < 0x80) {
      bytes[at++] = value;
      continue;
    }
    const more = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
    bytes[at++] = ([0, 0xc0, 0xe0, 0xf0][more]) | (value >> (6 * more));
    for (let left = more - 1; left >= 0; left -= 1) bytes[at++] = 0x80 | ((value >> (6 * left)) & 0x3f);
  }
  return bytes;
}

/** How many bytes a text has. */
export function byteLength(text) {
  let bytes = 0;
  for (const character of text) {
    const value = character.codePointAt(0);
    bytes += value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** How many Unicode scalar values a text has. `length` counts others twice. */
export function characters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
