import { check, log, text, utf8 } from '#gonogo';

export const unicode = check({
  name: 'unicode',
  summary: 'Text keeps its characters: Größe, 世界, 👋🏽',
  documentation: 'Characters are Unicode scalar values.',
  parameters: {
    text: text({ about: 'Any text: ½, ß, e\u0301.', default: 'Grüße, 世界 👋🏽' }),
  },
  run({ text }, report) {
    report.fact('characters', utf8.characters(text)).unit('1');
    report.fact('bytes', utf8.byteLength(text)).unit('B');
    const widths = [...text].map((character) => utf8.byteLength(character));
    report.fact('widths', [1, 2, 3, 4].map((width) => widths.filter((other) => other === width).length)).unit('1');
    report.fact('reversed', [...text].reverse().join(''));
    report.note(text).at(text).hint(text);
    log.info(text);
    report.summary(text);
  },
});
