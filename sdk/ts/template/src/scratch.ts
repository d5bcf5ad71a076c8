import { check, files, HostError, Rate, Size, size, writable } from '#gonogo';

/** Bytes that are written and read back to see that it can be done. */
const PROBE = 1 << 20;

export const scratch = check({
  name: 'scratch',
  summary: 'The scratch directory has room and can be written to',
  documentation: `Free space is what ordinary users may still use. A file of 1 MiB is written, synced, read back and removed: a directory that looks
writable and is not (a quota, a full journal, a mount that went read-only) is found before the run, not by its first checkpoint.`,
  parameters: {
    directory: writable({ about: 'The directory. Whoever writes it into gonogo.toml allows the probe file in it.' }),
    minimum: size({ about: 'Least free space.', default: '10 GiB' }),
  },
  run({ directory, minimum }, report) {
    const space = files.space(directory);
    const free = new Size(space.need('available', 'integer'));
    report.fact('free', free).unit('B').bound(`>= ${minimum.bytes}`);
    report.summary(`${free} free in ${directory}`);
    if (free < minimum) {
      report
        .noGo(`${directory} has ${free} free, at least ${minimum} wanted`)
        .at(directory)
        .hint(`see what fills it: du -xh --max-depth=1 ${directory} | sort -h`);
    }
    if (space.get('read-only', 'boolean')) {
      report.noGo(`${directory} is mounted read-only`).at(directory);
      return;
    }
    try {
      const rate = files.probe(directory, PROBE).get('write-rate', 'number');
      if (rate !== undefined) report.fact('write rate', new Rate(rate)).unit('B/s');
    } catch (error) {
      // The system said no: that is what the check is about. All other errors mean that it cannot be told.
      if (!(error instanceof HostError && error.kind === 'io')) throw error;
      report
        .noGo(`cannot write into ${directory}: ${error.text}`)
        .at(directory)
        .hint(`touch ${directory}/x`);
    }
  },
});
