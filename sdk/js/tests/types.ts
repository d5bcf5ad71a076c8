// What TypeScript makes of the types: `tsc --project sdk/js/tests` has nothing to say. Nothing here is run.

import { check, choice, command, endpoint, files, integer, list, plugin, readable, record, Size, size, system, table, text } from '../gonogo/index.js';
import type { Dataset } from '../gonogo/index.js';

/** Compiles where both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const same = <A, B>(_: Same<A, B>): void => {};

const every = check({
  name: 'every',
  summary: 'Types follow from the declaration',
  parameters: {
    minimum: size({ about: 'A.', default: '1 GiB' }),
    depth: integer({ about: 'A.', optional: true, minimum: 1 }),
    mode: choice(['fast', 'full'], { about: 'A.', default: 'fast' }),
    paths: list(readable({ about: 'A.' }), { about: 'A.' }),
    inner: record({ data: table({ about: 'A.' }), note: text({ about: 'A.', optional: true }) }, { about: 'A.' }),
    command: command({ about: 'A.' }),
    server: endpoint({ about: 'A.' }),
    remote: table({ about: 'A.', default: { files: 's3://b/x.csv', endpoint: 'https://s3.example', 'access-key-id': 'ID' } }),
  },
  run(parameters, report) {
    same<typeof parameters.minimum, Size>(true);
    same<typeof parameters.depth, number | undefined>(true);
    same<typeof parameters.mode, 'fast' | 'full'>(true);
    same<typeof parameters.paths, readonly string[]>(true);
    same<typeof parameters.inner, { readonly data: Dataset; readonly note: string | undefined }>(true);
    same<typeof parameters.command, readonly string[]>(true);
    same<typeof parameters.server, string>(true);
    same<typeof parameters.remote, Dataset>(true);
    // @ts-expect-error: no such parameter
    parameters.maximum;
    const memory = system.memory();
    same<number, ReturnType<typeof memory.need<'integer'>>>(true);
    const flags: readonly string[] | undefined = system.cpu().get('flags', 'texts');
    report.fact('flags', flags ?? []).unit('1').bound('>= 1');
    const series: readonly number[] = memory.need('series', 'numbers');
    report.fact('series', series).unit('1');
    report.fact('measures', [parameters.minimum, 1n, 0.5]);
    for (const entry of files.walk('a', { ignoreFiles: true })) same<typeof entry.kind, files.Kind>(true);
    // @ts-expect-error: no such option
    files.walk('a', { ignore: true });
    // @ts-expect-error: a fact is a value
    report.fact('a', { a: 1 });
    // @ts-expect-error: a list is of texts or of numbers
    report.fact('a', ['a', 1]);
  },
});

check({ name: 'none', summary: 'No parameters', run: (parameters) => same<keyof typeof parameters, never>(true) });

// @ts-expect-error: every parameter says what it is about
size({ default: '1 GiB' });
// @ts-expect-error: a default is one of the choices
choice(['a', 'b'], { about: 'A.', default: 'c' });
// @ts-expect-error: with a default nothing is left out
size({ about: 'A.', default: '1 GiB', optional: true });

export default plugin({ version: '1.0.0', summary: 'Types', checks: [every] });
