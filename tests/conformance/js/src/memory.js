import { check, Size, size, system } from '#gonogo';

export const memory = check({
  name: 'memory',
  summary: 'Memory is as large as asked for',
  documentation: "Usable memory is the least of the board's and the cgroup's.",
  parameters: {
    minimum: size({ about: 'Least memory that this run may use.', default: '16 GiB' }),
  },
  run({ minimum }, report) {
    const usable = new Size(system.memory().need('usable', 'integer'));
    report.fact('usable memory', usable.bytes).unit('B').bound(`>= ${minimum.bytes}`);
    report.summary(`${usable} of memory`);
    if (usable < minimum) {
      report
        .noGo(`${usable} of memory, at least ${minimum} wanted`)
        .hint('raise the memory limit of its cgroup, or run it on a larger machine');
    }
  },
});
