import { check, files, readable, Size, size } from '#gonogo';

/** The permission bit that lets everybody write. */
const OTHERS_WRITE = 0o002;

export const walk = check({
  name: 'walk',
  summary: 'A directory is not too large, and nobody else may write into it',
  parameters: {
    root: readable({ about: 'The directory.' }),
    maximum: size({ about: 'Most bytes of all files together.', default: '1 GiB' }),
  },
  run({ root, maximum }, report) {
    let count = 0;
    let bytes = 0;
    for (const { path, kind, size, mode, failed } of files.walk(root, { exclude: ['.git/'] })) {
      if (kind === 'file') {
        count += 1;
        bytes += size;
      }
      if (failed) {
        report.unknown(`cannot look at ${path}: ${failed.message}`).at(path);
      }
      if ((kind === 'file' || kind === 'directory') && (mode & OTHERS_WRITE) !== 0) {
        report
          .warn(`${path} has mode ${mode.toString(8).padStart(4, '0')}: everybody may write to it`)
          .at(path)
          .hint(`chmod o-w ${path}`);
      }
    }
    const all = new Size(bytes);
    report.fact('files', count).unit('1');
    report.fact('size', bytes).unit('B').bound(`<= ${maximum.bytes}`);
    if (all > maximum) {
      report.noGo(`${all} in ${count} files, at most ${maximum} wanted`);
    }
    report.summary(`${count} files, ${all}`);
  },
});
