// Sizes, rates, durations and frequencies as people write them.

const SIZES = {
  B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15,
  KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, PiB: 2 ** 50,
};
const TIMES = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400, w: 604_800 };
const FREQUENCIES = { Hz: 1, kHz: 1e3, MHz: 1e6, GHz: 1e9 };

const MEASURE = /^([0-9]+(?:\.[0-9]+)?) ?([a-zA-Z]+)$/;

/** A number and one of the units. */
function measured(text, units, { expected }) {
  const [, number, unit] = (typeof text === 'string' && MEASURE.exec(text.trim())) || [];
  const value = Number(number) * (Object.hasOwn(units, unit ?? '') ? units[unit] : NaN);
  if (value < 9e18) return value;
  throw new TypeError(`'${text}' is not ${expected}`);
}

/** So many digits after the point; halves go to the even digit, as in every other gonogo SDK. */
function fixed(value, digits) {
  const scaled = value * 10 ** digits;
  const half = digits === 0 ? value * 2 : value * 4;
  const tie = Number.isInteger(half) && scaled % 1 === 0.5;
  if (!tie) return value.toFixed(digits);
  const low = Math.floor(scaled);
  return ((low % 2 === 0 ? low : low + 1) / 10 ** digits).toFixed(digits);
}

function binary(bytes) {
  let shown = `${fixed(bytes, 0)} B`;
  for (const unit of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    const value = bytes / SIZES[unit];
    if (value < 1) break;
    const whole = value >= 100 || Math.abs(value - Math.round(value)) < 0.05;
    shown = `${fixed(value, whole ? 0 : 1)} ${unit}`;
  }
  return shown;
}

function decimal(bytes) {
  let shown = `${fixed(bytes, 0)} B`;
  for (const unit of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    if (bytes >= SIZES[unit]) shown = `${fixed(bytes / SIZES[unit], 1)} ${unit}`;
  }
  return shown;
}

/** What the four have in common: a number that cannot change, compared and counted as one, shown as people write it. */
class Measure {
  #value;

  constructor(value) {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new RangeError(`${value} is not ${new.target.expected.replace(/:.*/, '')}`);
    }
    this.#value = value;
  }

  valueOf() {
    return this.#value;
  }

  [Symbol.toPrimitive](hint) {
    return hint === 'string' ? this.toString() : this.#value;
  }

  toJSON() {
    return this.toString();
  }
}

/** A number of bytes: `64 GiB`, `500 MB`. */
export class Size extends Measure {
  static expected = "a size: write a number and a unit, such as '64 GiB' or '500 MB'";
  static pattern = '^[0-9]+(\\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)$';

  constructor(bytes) {
    super(Math.floor(bytes));
    if (bytes > Number.MAX_SAFE_INTEGER) throw new RangeError(`${binary(bytes)} is beyond 8 PiB, the largest size that JavaScript counts exactly`);
  }
  static parse(text) {
    return new Size(measured(text, SIZES, Size));
  }
  static gib(count) {
    return new Size(count * SIZES.GiB);
  }
  static mib(count) {
    return new Size(count * SIZES.MiB);
  }
  get bytes() {
    return this.valueOf();
  }
  toString() {
    return binary(this.bytes);
  }
}

/** Bytes per second: `2 GB/s`. */
export class Rate extends Measure {
  static expected = "a rate: write a number and a unit, such as '2 GB/s'";
  static pattern = '^[0-9]+(\\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)/s$';

  static parse(text) {
    const [, size] = (typeof text === 'string' && /^(.*)\/s$/.exec(text.trim())) || [];
    if (size === undefined) throw new TypeError(`'${text}' is not ${Rate.expected}`);
    return new Rate(measured(size, SIZES, Rate));
  }
  get perSecond() {
    return this.valueOf();
  }
  toString() {
    return `${decimal(this.perSecond)}/s`;
  }
}

/** A span of time: `30 s`, `2 h`, `7 d`. */
export class Duration extends Measure {
  static expected = "a duration: write a number and a unit, such as '30 s', '2 h' or '7 d'";
  static pattern = '^[0-9]+(\\.[0-9]+)? ?(ms|s|min|h|d|w)$';

  static parse(text) {
    return new Duration(measured(text, TIMES, Duration));
  }
  get seconds() {
    return this.valueOf();
  }
  toString() {
    const s = this.seconds;
    if (s === 0) return '0 s';
    if (s < 0.001) return `${fixed(s * 1e6, 0)} µs`;
    if (s < 1) return `${fixed(s * 1e3, 0)} ms`;
    if (s < 120) return `${Math.round(s * 10) / 10} s`;
    if (s < 7200) return `${fixed(s / 60, 0)} min`;
    if (s < 172_800) return `${fixed(s / 3600, 0)} h`;
    return `${fixed(s / 86_400, 0)} d`;
  }
}

/** A clock: `1980 MHz`. */
export class Frequency extends Measure {
  static expected = "a frequency: write a number and a unit, such as '1980 MHz' or '3 GHz'";
  static pattern = '^[0-9]+(\\.[0-9]+)? ?[kMG]?Hz$';

  static parse(text) {
    return new Frequency(measured(text, FREQUENCIES, Frequency));
  }
  get hertz() {
    return this.valueOf();
  }
  toString() {
    return `${fixed(this.hertz / 1e6, 0)} MHz`;
  }
}

/** A number of things, for a sentence: `1 file`, `3 files`, `2 directories`. */
export function counted(number, thing) {
  if (number === 1) return `1 ${thing}`;
  if (/[^aeiou]y$/.test(thing)) return `${number} ${thing.slice(0, -1)}ies`;
  return `${number} ${thing}${/(s|x|ch|sh)$/.test(thing) ? 'es' : 's'}`;
}
