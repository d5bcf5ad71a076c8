import { check, HostError, process, program, text, Unknown } from '#gonogo';

export const version = check({
  name: 'version',
  summary: 'A program is new enough',
  parameters: {
    program: program({ about: 'The program.', default: 'git' }),
    minimum: text({ about: 'Oldest version that will do.', default: '2.30' }),
  },
  commands: [['{program}', '--version']],
  run({ program, minimum }, report) {
    const output = ran(program);
    if (output === undefined) {
      report.noGo(`${program} is not there`).hint(`install ${program}`);
      report.summary(`${program} is not there`);
      return;
    }
    if (!output.succeeded) throw new Unknown(`${program} --version ended with ${output.ending}`);
    const [version] = /[0-9]+(\.[0-9]+)+/.exec(output.stdout) ?? [];
    if (version === undefined) throw new Unknown(`${program} --version prints no version`);
    report.fact('version', version).bound(`>= ${minimum}`);
    if (isOlder(version, minimum)) {
      report.noGo(`${program} is ${version}, at least ${minimum} wanted`);
    }
    report.summary(`${program} ${version}`);
  },
});

/** What the program printed; undefined where it is not there. */
function ran(program) {
  try {
    return process.run([program, '--version']);
  } catch (error) {
    if (error instanceof HostError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/** Number by number; missing ones are 0. */
function isOlder(one, other) {
  const numbers = (text) => text.split('.').map((part) => (/^[0-9]+$/.test(part) ? Number(part) : 0));
  const [left, right] = [numbers(one), numbers(other)];
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
