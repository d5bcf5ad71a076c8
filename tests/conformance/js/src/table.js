import { check, dataset, NotApplicable, table as named, text } from '#gonogo';

export const table = check({
  name: 'table',
  summary: 'A column of a table has no nulls',
  parameters: {
    data: named({ about: 'The table.' }),
    column: text({ about: 'The column.', default: 'label' }),
  },
  run({ data, column }, report) {
    const table = dataset.open(data);
    const sql = `SELECT count(*) AS "rows", count(${dataset.quoted(column)}) AS "filled" FROM data`;
    const answer = dataset.query({ data: table }, sql);
    const [rows, filled] = [answer.need(0, 'rows', 'integer'), answer.need(0, 'filled', 'integer')];
    if (rows === 0) throw new NotApplicable('the table has no rows');
    const nulls = Math.max(rows - filled, 0);
    report.fact('rows', rows).unit('1');
    report.fact('nulls', nulls).unit('1').bound('= 0');
    if (nulls > 0) {
      report.noGo(`${column} is null in ${nulls} of ${rows} rows`);
    }
    report.summary(`${rows} rows, ${nulls} without ${column}`);
  },
});
