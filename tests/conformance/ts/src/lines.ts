import { check, files, integer, readable, Unknown, utf8 } from '#gonogo';

/** Bytes that are read at a time. */
const PART = 65_536;

export const lines = check({
  name: 'lines',
  summary: 'A text file has enough lines, none too long',
  documentation: 'A line is what ends with a newline, or with the file.',
  parameters: {
    path: readable({ about: 'The file.' }),
    minimum: integer({ about: 'Fewest lines.', minimum: 0, default: 1 }),
    length: integer({ about: 'Most characters of a line.', minimum: 1, default: 120 }),
  },
  run({ path, minimum, length }, report) {
    const lines = text(path).split('\n');
    if (lines.at(-1) === '') lines.pop();
    report.fact('lines', lines.length).unit('1').bound(`>= ${minimum}`);
    lines.forEach((line, at) => {
      const characters = utf8.characters(line);
      if (characters > length) {
        report
          .warn(`line of ${characters} characters, at most ${length} wanted`)
          .atLine(path, at + 1)
          .column(length + 1);
      }
    });
    if (lines.length < minimum) {
      report.noGo(`${path} has ${lines.length} lines, at least ${minimum} wanted`).at(path);
    }
    report.summary(`${lines.length} lines`);
  },
});

/** The whole file, part by part. */
function text(path: string): string {
  const bytes: number[] = [];
  for (;;) {
    const part = files.read(path, bytes.length, PART);
    for (const byte of part) bytes.push(byte);
    if (part.length < PART) break;
  }
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unknown(`${path} is not UTF-8`);
  }
}
