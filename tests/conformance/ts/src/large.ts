import { check, text, utf8 } from '#gonogo';

export const large = check({
  name: 'large',
  summary: 'A large text comes back as it went',
  parameters: {
    text: text({ about: 'The text.', default: '' }),
  },
  run({ text }, report) {
    const [bytes, characters] = [utf8.byteLength(text), utf8.characters(text)];
    report.fact('bytes', bytes).unit('B');
    report.fact('characters', characters).unit('1');
    report.note(text);
    report.summary(`${bytes} B, ${characters} characters`);
  },
});
