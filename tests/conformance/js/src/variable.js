import { check, environment, text, variable as named } from '#gonogo';

export const variable = check({
  name: 'variable',
  summary: 'A variable is set to something of the right form',
  documentation: 'The value never reaches the check.',
  parameters: {
    name: named({ about: 'The variable.' }),
    pattern: text({ about: 'What the whole value must match.', default: '.+' }),
  },
  run({ name, pattern }, report) {
    const length = environment.length(name);
    if (length === undefined) {
      report.noGo(`${name} is not set`).hint(`export ${name}=…`);
      report.summary(`${name} is not set`);
      return;
    }
    report.fact('length', length).unit('B');
    if (!environment.matches(name, pattern)) {
      report.noGo(`${name} does not match ${pattern}`);
    }
    report.summary(`${name} is set`);
  },
});
