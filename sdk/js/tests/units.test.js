import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, Duration, Frequency, Rate, Size } from '../gonogo/index.js';

test('sizes are read with their units', () => {
  assert.equal(Size.parse('64 GiB').bytes, 64 * 2 ** 30);
  assert.equal(Size.parse('1.5kB').bytes, 1500);
  for (const wrong of ['64', 'GiB', '-1 GiB', '64 gib', '1e3 B', '', '1 constructor', undefined, 64]) {
    assert.throws(() => Size.parse(wrong), /is not a size: write a number and a unit/, String(wrong));
  }
});

test('sizes that cannot be counted exactly are refused', () => {
  assert.equal(Size.parse('7.9 PiB').bytes < Number.MAX_SAFE_INTEGER, true);
  assert.throws(() => Size.parse('9 PiB'), /beyond 8 PiB/);
  assert.throws(() => new Size(NaN), /NaN is not a size/);
  assert.throws(() => new Size(-1), /-1 is not a size/);
});

test('values are shown as people write them', () => {
  const shown = [
    [new Size(0), '0 B'], [new Size(1000), '1000 B'], [new Size(1023), '1023 B'], [new Size(1024), '1 KiB'],
    [Size.gib(64), '64 GiB'], [new Size(1_610_612_736), '1.5 GiB'], [Size.gib(117.3), '117 GiB'], [new Size(33_524_117_504), '31.2 GiB'],
    [new Rate(2.5e9), '2.5 GB/s'], [new Rate(12), '12 B/s'], [new Frequency(1.98e9), '1980 MHz'],
    [new Duration(0), '0 s'], [new Duration(5e-6), '5 µs'], [new Duration(0.25), '250 ms'], [new Duration(90), '90 s'], [new Duration(1.26), '1.3 s'],
    [new Duration(600), '10 min'], [new Duration(7200), '2 h'], [new Duration(604_800), '7 d'],
  ];
  for (const [value, text] of shown) assert.equal(`${value}`, text);
});

test('halves go to the even digit, as in the Rust SDK', () => {
  assert.equal(`${Size.gib(1.25)}`, '1.2 GiB');
  assert.equal(`${Size.gib(1.75)}`, '1.8 GiB');
  assert.equal(`${new Rate(1250)}`, '1.2 kB/s');
  assert.equal(`${new Frequency(2.5e6)}`, '2 MHz');
  assert.equal(`${new Frequency(3.5e6)}`, '4 MHz');
});

test('sizes compare as numbers and print as texts', () => {
  assert.ok(Size.mib(1) < Size.gib(1));
  assert.equal(Size.mib(1) + 1, 1_048_577);
  assert.equal(JSON.stringify(Size.gib(2)), '"2 GiB"');
});

test('rates, durations and frequencies are read with their units', () => {
  assert.equal(Rate.parse('2 GB/s').perSecond, 2e9);
  assert.equal(Duration.parse('2 h').seconds, 7200);
  assert.equal(Frequency.parse('1980 MHz').hertz, 1.98e9);
  assert.throws(() => Rate.parse('2 GB'), /is not a rate/);
  assert.throws(() => Duration.parse('2 GB'), /is not a duration/);
  assert.throws(() => Frequency.parse('2 h'), /is not a frequency/);
});

test('things are counted', () => {
  const said = ['file', 'directory', 'key', 'match', 'box', 'process', 'index'].map((thing) => counted(2, thing));
  assert.deepEqual(said, ['2 files', '2 directories', '2 keys', '2 matches', '2 boxes', '2 processes', '2 indexes']);
  assert.equal(counted(1, 'directory'), '1 directory');
});
