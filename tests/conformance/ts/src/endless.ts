import { check } from '#gonogo';

export const endless = check({
  name: 'endless',
  summary: 'This check never ends',
  documentation: 'To see what a deadline becomes.',
  timeout: 1,
  run() {
    for (;;);
  },
});
