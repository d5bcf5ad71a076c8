import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attributes } from '../gonogo/attributes.js';
import * as gonogo from '../gonogo/index.js';
import { run as ran } from '../gonogo/testing.js';

const { check, plugin, files, system, process, environment, dataset, HostError, NotApplicable, Unknown } = gonogo;

const one = (declaration) => plugin({ version: '1.0.0', summary: 'A plugin', checks: [check({ name: 'one', summary: 'It holds', ...declaration })] });
const seen = (run, kept = {}, more = {}) => ran(one({ run, ...more }), 'one', kept);
const answered = (call, ok, ask) => ({ call, ask, answer: { ok } });
const refused = (call, error, ask) => ({ call, ask, answer: { error } });

test('a declaration becomes a description in the form of the contract', () => {
  const described = one({
    documentation: 'Why.',
    timeout: 1,
    exclusive: true,
    commands: [['{program}', '--version']],
    parameters: {
      program: gonogo.program({ about: 'The program.', default: 'git' }),
      minimum: gonogo.size({ about: 'Least.' }),
      mode: gonogo.choice(['fast', 'full'], { about: 'How.', optional: true }),
      paths: gonogo.list(gonogo.readable({ about: 'One.' }), { about: 'Files.', minItems: 1 }),
      more: gonogo.record({ depth: gonogo.integer({ about: 'How deep.', minimum: 1, default: 3 }) }, { about: 'More.', optional: true }),
    },
    run() {},
  }).describe();
  const [{ parameters, ...rest }] = described.checks;
  assert.deepEqual(rest, {
    name: 'one', summary: 'It holds', documentation: 'Why.', commands: [['{program}', '--version']],
    traits: [['timeout', { tag: 'number', val: 1 }], ['exclusive', { tag: 'boolean', val: true }]],
  });
  assert.deepEqual(JSON.parse(parameters), {
    type: 'object',
    properties: {
      program: { type: 'string', minLength: 1, 'x-gonogo-grant': 'program', description: 'The program.', default: 'git' },
      minimum: {
        type: 'string', pattern: '^[0-9]+(\\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)$',
        'x-gonogo-expected': "a size: write a number and a unit, such as '64 GiB' or '500 MB'", description: 'Least.',
      },
      mode: { type: 'string', enum: ['fast', 'full'], description: 'How.' },
      paths: { type: 'array', items: { type: 'string', minLength: 1, 'x-gonogo-grant': 'read', description: 'One.' }, minItems: 1, description: 'Files.' },
      more: {
        type: 'object', properties: { depth: { type: 'integer', minimum: 1, description: 'How deep.', default: 3 } }, additionalProperties: false, description: 'More.',
      },
    },
    required: ['minimum', 'paths'],
    additionalProperties: false,
  });
});

test('every kind of authority has its word, and nothing else has one', () => {
  const about = 'A.';
  const kind = (name) => JSON.stringify(gonogo[name]({ about }).schema).match(/"x-gonogo-grant":"([a-z]+)"/)?.[1];
  const kinds = Object.fromEntries(['readable', 'writable', 'scratch', 'program', 'command', 'variable', 'revealed', 'endpoint', 'processes', 'table'].map((name) => [name, kind(name)]));
  assert.deepEqual(kinds, {
    readable: 'read', writable: 'write', scratch: 'scratch', program: 'program', command: 'command', variable: 'variable', revealed: 'reveal',
    endpoint: 'endpoint', processes: 'processes', table: 'dataset',
  });
  const granted = JSON.stringify(gonogo.table({ about }).schema);
  const count = (what) => granted.split(what).length - 1;
  assert.deepEqual(['dataset', 'endpoint', 'variable'].map((name) => count(`"x-gonogo-grant":"${name}"`)), [4, 1, 3]);
  assert.equal(count('x-gonogo-grant'), 8);
  for (const plain of ['text', 'integer', 'number', 'boolean', 'size', 'rate', 'duration', 'frequency']) assert.equal(kind(plain), undefined);
});

test('parameters come as what they are, with defaults', () => {
  const parameters = {
    minimum: gonogo.size({ about: 'Least.', default: '1 KiB' }),
    depth: gonogo.integer({ about: 'Depth.', optional: true }),
    data: gonogo.table({ about: 'Table.', default: ['a.csv', 'b.csv'] }),
  };
  const got = [];
  seen((given) => got.push(given), {}, { parameters });
  seen((given) => got.push(given), { parameters: { minimum: '2 KiB', depth: 4, data: { files: 'c', header: false } } }, { parameters });
  const remote = { endpoint: 'https://s3.example', 'access-key-id': 'ID' };
  seen((given) => got.push(given), { parameters: { data: { files: 's3://b/x.csv', ...remote } } }, { parameters });
  assert.deepEqual(got.map(({ minimum, depth, data }) => [minimum.bytes, depth, data.files, data.options]), [
    [1024, undefined, ['a.csv', 'b.csv'], {}], [2048, 4, ['c'], { header: false }], [1024, undefined, ['s3://b/x.csv'], remote],
  ]);
});

test('parameters that do not fit are unknown, with the reason', () => {
  const parameters = { minimum: gonogo.size({ about: 'Least.' }) };
  const reason = (given) => seen(() => assert.fail('it ran'), { parameters: given }, { parameters }).reason;
  assert.match(reason({}), /^the parameters do not fit the check: 'minimum' is missing$/);
  assert.match(reason({ minimum: '64' }), /'minimum': '64' is not a size/);
  assert.match(reason({ minimum: '1 B', maximum: '2 B' }), /there is no parameter 'maximum': there are minimum/);
});

test('mistakes in a declaration are told when the plugin is made', () => {
  const run = () => {};
  const wrong = [
    [{ name: 'One', run }, /'One' is no name of a check/],
    [{ summary: 'It holds.', run }, /without a full stop/],
    [{ summary: 'Two\nlines', run }, /in one line/],
    [{ parameter: {}, run }, /'parameter' is no part of a check/],
    [{}, /`run\(parameters, report\)` is missing/],
    [{ commands: ['git'], run }, /`commands` must be a list of lists/],
    [{ timeout: '1 s', run }, /`timeout` must be a number/],
  ];
  for (const [declaration, message] of wrong) assert.throws(() => one(declaration), message);
  assert.throws(() => gonogo.text({}), /needs `about`/);
  assert.throws(() => gonogo.size({ about: 'A.', default: '64' }), /'64' is not a size/);
  const two = [check({ name: 'a', summary: 'S', run }), check({ name: 'a', summary: 'S', run })];
  assert.throws(() => plugin({ version: '1.0.0', summary: 'S', checks: two }), /two checks are called 'a'/);
  assert.throws(() => plugin({ version: '1', summary: 'S', checks: [] }), /'1' is no version/);
});

test('what a report says is kept in the form of the contract', () => {
  const { component } = one({
    run(_, report) {
      report.fact('bytes', 4).unit('B').bound('>= 4');
      report.fact('share', 0.5);
      report.fact('list', ['a\ud800']);
      report.fact('big', 5n);
      report.fact('rate', new gonogo.Rate(2));
      report.fact('size', new gonogo.Size(2));
      report.fact('series', [1, 0.5, 2n, new gonogo.Duration(3)]);
      report.fact('none', []);
      report.noGo('broken').atLine('a.toml', 3).column(7).hint('mend it');
      report.note('no column without a line').column(7);
      report.summary('all of it');
    },
  });
  assert.deepEqual(component.run('one', '{}'), {
    summary: 'all of it',
    facts: [
      { name: 'bytes', value: { tag: 'integer', val: 4 }, unit: 'B', bound: '>= 4' },
      { name: 'share', value: { tag: 'number', val: 0.5 }, unit: undefined, bound: undefined },
      { name: 'list', value: { tag: 'texts', val: ['a\ufffd'] }, unit: undefined, bound: undefined },
      { name: 'big', value: { tag: 'integer', val: 5 }, unit: undefined, bound: undefined },
      { name: 'rate', value: { tag: 'number', val: 2 }, unit: undefined, bound: undefined },
      { name: 'size', value: { tag: 'integer', val: 2 }, unit: undefined, bound: undefined },
      { name: 'series', value: { tag: 'numbers', val: [1, 0.5, 2, 3] }, unit: undefined, bound: undefined },
      { name: 'none', value: { tag: 'texts', val: [] }, unit: undefined, bound: undefined },
    ],
    findings: [
      { severity: 'no-go', message: 'broken', location: { path: 'a.toml', line: 3, column: 7 }, hint: 'mend it' },
      { severity: 'note', message: 'no column without a line', location: undefined, hint: undefined },
    ],
  });
});

test('what cannot be said exactly is unknown, never rounded', () => {
  const wrong = [
    [NaN, /'x' is NaN, which is no number/],
    [[1, Infinity], /'x' is Infinity, which is no number/],
    [2n ** 60n, /integers beyond 2\^53/],
    [[1, 2n ** 60n], /integers beyond 2\^53/],
    [{}, /must be a boolean, a number/],
    [undefined, /must be a boolean/],
    [['a', 1], /must be a list of texts or of numbers, and holds "a" beside numbers/],
    [[1, [2]], /and holds \[2\] beside numbers/],
    [[true], /must be a text, not true/],
  ];
  for (const [value, message] of wrong) {
    const { verdict, reason } = seen((_, report) => report.fact('x', value));
    assert.equal(verdict, 'unknown');
    assert.match(reason, message);
  }
  assert.match(seen((_, report) => report.note('m').atLine('p', 1.5)).findings[1].message, /must be a whole number/);
});

test('how a check can end', () => {
  assert.deepEqual(seen(() => { throw new NotApplicable('no GPU asked for'); }), { verdict: 'not-applicable', reason: 'no GPU asked for' });
  assert.deepEqual(seen(() => { throw new Unknown('no tool'); }), { verdict: 'unknown', reason: 'no tool' });
  assert.deepEqual(seen(() => { throw new Error('broken by design'); }), { verdict: 'unknown', reason: 'broken by design' });
  assert.deepEqual(seen(() => { throw 'a text'; }), { verdict: 'unknown', reason: 'a text' });
  assert.deepEqual(seen(() => { throw { code: 7 }; }), { verdict: 'unknown', reason: 'the check threw {"code":7}' });
  assert.match(seen(async () => {}).reason, /asynchronous/);
  const kept = seen((_, report) => { report.noGo('bad'); throw new Error('and then broke'); });
  assert.equal(kept.verdict, 'no-go');
  assert.deepEqual(kept.findings.map(({ severity, message }) => [severity, message]), [['no-go', 'bad'], ['unknown', 'and then broke']]);
  assert.throws(() => one({ run() {} }).component.run('two', '{}'), { tag: 'unknown', val: "this plugin has no check 'two'" });
});

test('errors of the host say their kind where their words do not', () => {
  const shown = ['denied', 'not-found', 'limit', 'timeout', 'io', 'unsupported'].map((kind) => new HostError(kind, 'why').message);
  assert.deepEqual(shown, ['denied: why', 'why', 'limit: why', 'timeout: why', 'why', 'why']);
  const { reason } = seen(() => files.readText('a'), { calls: [refused('files.read', { denied: 'no parameter names a' })].map((call) => ({ ...call, ask: { path: 'a', offset: 0, length: 4194304 } })) });
  assert.equal(reason, 'denied: no parameter names a');
});

test('a value is absent, failed, of another form, or too large: four different things', () => {
  const told = (name, form) => seen((_, report) => report.summary(String(system.memory().need(name, form))), {
    calls: [answered('system.memory', { total: 8, big: 9007199254740993, lost: { failed: { io: 'gone' } }, name: 'x' })],
  });
  assert.equal(told('total', 'integer').summary, '8');
  assert.equal(told('usable').reason, "this machine does not tell 'usable'");
  assert.equal(told('lost').reason, 'gone');
  assert.equal(told('name', 'integer').reason, "the host gives 'name' as \"x\", which is not an integer");
  assert.match(told('big', 'integer').reason, /'big' as an integer beyond 2\^53/);
});

test('a list is of texts or of numbers', () => {
  const told = (name, form, machine = { texts: ['a'], series: [1, 0.5], none: [] }) =>
    seen((_, report) => report.summary(JSON.stringify(system.memory().need(name, form))), { calls: [answered('system.memory', machine)] });
  assert.equal(told('series', 'numbers').summary, '[1,0.5]');
  assert.equal(told('texts', 'texts').summary, '["a"]');
  assert.deepEqual([told('none', 'texts').summary, told('none', 'numbers').summary], ['[]', '[]']);
  assert.equal(told('texts', 'numbers').reason, "the host gives 'texts' as [\"a\"], which is not a list of numbers");
  assert.equal(told('series', 'texts').reason, "the host gives 'series' as [1,0.5], which is not a list of texts");
  assert.throws(() => told('mixed', 'texts', { mixed: ['a', 1] }), /'mixed' is \["a",1\], which is no value/);
  const lifted = Attributes.lift([['series', { tag: 'numbers', val: Float64Array.of(1, 0.5) }]]);
  assert.deepEqual(lifted.need('series', 'numbers'), [1, 0.5]);
});

test('a call made again gets the next answer, the last one for ever', () => {
  const calls = [answered('clock.now', 1), answered('clock.now', 2)];
  const { summary } = seen((_, report) => report.summary([1, 2, 3].map(() => gonogo.clock.now()).join()), { calls });
  assert.equal(summary, '1,2,2');
});

test('a case without an answer is wrong, whatever the check does about it', () => {
  assert.throws(() => seen(() => process.find('git')), /the case has no answer to process.find {"program":"git"}/);
  assert.throws(() => seen(() => process.find('git'), { calls: [answered('process.find', 3, { program: 'git' })] }), /not of its form: 3 is not a text/);
});

test('walks, searches and archives are asked by what they were opened with', () => {
  const walk = { path: 'd', options: { exclude: ['.git/'], 'ignore-files': true } };
  const search = { path: 'd', options: { name: 'keys', 'size-maximum': 10 } };
  const { summary } = seen(
    (_, report) => {
      const paths = [...files.walk('d', { exclude: ['.git/'], ignoreFiles: true })].map(({ path, failed }) => failed?.message ?? path);
      const matches = files.search('d', 'keys', [{ id: 'a', pattern: 'b', entropy: 3 }], { sizeMaximum: 10 });
      const lines = [...matches].map((match) => match.need('line', 'integer'));
      const inner = files.open('a.zip').member(1);
      report.summary(JSON.stringify([paths, lines, matches.totals().need('files'), [...inner.read(0, 4)], environment.number('T', ['jwt-claims'], '([0-9]+)')]));
    },
    {
      calls: [
        answered('files.walk', null, walk),
        answered('files.walk.next', [{ path: 'd/a', kind: 'file' }, { path: 'd/b', kind: 'directory', failed: { io: 'closed' } }], walk),
        answered('files.walk.next', [{ path: 'd/c', kind: 'file' }], walk),
        answered('files.walk.next', [], walk),
        answered('files.search', null, search),
        answered('files.search.next', [{ line: 3 }], search),
        answered('files.search.next', [], search),
        answered('files.search.totals', { files: 7 }, search),
        answered('files.open', null, { path: 'a.zip' }),
        answered('files.content.member', null, { path: 'a.zip', members: [], index: 1 }),
        answered('files.content.read', { hex: '00ff' }, { path: 'a.zip', members: [1], offset: 0, length: 4 }),
        answered('environment.number', null, { name: 'T', decode: ['jwt-claims'], pattern: '([0-9]+)' }),
      ],
    },
  );
  assert.deepEqual(JSON.parse(summary), [['d/a', 'closed', 'd/c'], [3], 7, [0, 255], null]);
});

test('cells of tables keep their nulls and odd numbers', () => {
  const asked = { files: ['a.csv'], options: { 'rows-maximum': undefined } };
  const data = { files: asked.files, options: {} };
  const columns = [{ name: 'n', integers: [1, null] }, { name: 'x', numbers: [0.5, 'NaN'] }, { name: 't', texts: ['a', null] }];
  const { summary } = seen(
    (_, report) => {
      const answer = dataset.query({ data: dataset.open('a.csv') }, 'SELECT 1', { rowsMaximum: 5 });
      report.summary([answer.rows, answer.get(1, 'n'), answer.need(0, 'n', 'integer'), answer.column('x'), answer.get(1, 't'), answer.names].join(' '));
      for (const wrong of [() => answer.need(1, 'n'), () => answer.need(0, 'm'), () => answer.need(2, 'n'), () => answer.need(0, 't', 'integer')]) {
        assert.throws(wrong, HostError);
      }
    },
    {
      calls: [
        answered('dataset.open', null, data),
        answered('dataset.query', columns, { tables: { data }, sql: 'SELECT 1', options: { 'rows-maximum': 5 } }),
      ],
    },
  );
  assert.equal(summary, '2  1 0.5,NaN  n,x,t');
  assert.equal(dataset.quoted('a"b'), '"a""b"');
  assert.equal(dataset.literal("it's"), "'it''s'");
});
