import { check } from '#gonogo';

export const failure = check({
  name: 'failure',
  summary: 'This check breaks',
  documentation: 'To see what a panic or an exception becomes.',
  run(_, report) {
    report.fact('before', true);
    throw new Error('broken by design');
  },
});
