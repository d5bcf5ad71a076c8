import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../gonogo/index.js';

const TEXTS = ['', 'plain', 'Grüße, 世界 👋🏽', 'e\u0301\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}', 'ß'.repeat(10_000), 'x👋'.repeat(5000)];

test('UTF-8 agrees with the platform', () => {
  for (const text of TEXTS) {
    const bytes = new TextEncoder().encode(text);
    assert.deepEqual(utf8.encode(text), bytes);
    assert.equal(utf8.byteLength(text), bytes.length);
    assert.equal(utf8.decode(bytes), text);
    assert.equal(utf8.characters(text), [...text].length);
  }
});

test('sequences at the borders of what is valid are judged as the platform judges them', () => {
  const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const told = (decode, bytes) => {
    try {
      return decode(bytes);
    } catch {
      return null;
    }
  };
  const tails = [[], [0x80], [0x80, 0x80], [0xbf, 0xbf], [0x41], [0x80, 0x41], [0x80, 0x80, 0x80]];
  for (let first = 0; first < 256; first += 1) {
    for (const second of [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]) {
      for (const tail of tails) {
        const bytes = Uint8Array.of(first, second, ...tail);
        const ours = told(utf8.decode, bytes);
        assert.equal(ours, told((bytes) => platform.decode(bytes), bytes), [...bytes].join());
      }
    }
  }
});

test('what is no UTF-8 is told with its place', () => {
  assert.throws(() => utf8.decode([0x41, 0xff]), /byte 1 starts no character/);
});

test('half a surrogate pair becomes U+FFFD', () => {
  assert.deepEqual([...utf8.encode('a\ud800b')], [0x61, 0xef, 0xbf, 0xbd, 0x62]);
  assert.equal(utf8.byteLength('a\ud800b'), 5);
});
