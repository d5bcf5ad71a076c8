// Package dataset asks questions in SQL about tables, for gonogo.Dataset parameters.
//
//	table, err := dataset.Open(c.Train)
//	if err != nil {
//		return err
//	}
//	answer, err := dataset.Query("SELECT count(*) AS rows FROM train", dataset.Tables{"train": table})
//	if err != nil {
//		return err
//	}
//	rows, err := dataset.Need[uint64](answer, 0, "rows")
//
// `wit/dataset.wit` says how tables are read, what SQL may say, and which functions the host adds.
package dataset

import (
	"strings"

	"gonogo"
)

// Table is the rows of all its files, one after the other.
type Table struct{ table *table }

// Tables are those of a query, by the names that stand in its SQL.
type Tables map[string]*Table

// Column is one of a table.
type Column struct {
	// Name is as the files have it: in SQL, Quoted.
	Name string
	// Type is what its cells are: `boolean`, `integer`, `number`, `text`, `date`, `timestamp`, `time`, `decimal`, `binary`, `json`, `null`.
	Type string
	// Nullable tells whether it may hold nulls (Parquet, Arrow), or does (CSV, JSON).
	Nullable bool
	// Stored is the type as the file has it, in Arrow's words: `Int32`.
	Stored string
	// Partition tells whether the value comes from the path.
	Partition bool
}

// Open names a table. Nothing is read yet but directories and the first bytes of files.
func Open(data gonogo.Dataset) (*Table, error) {
	if data.Options == nil {
		data.Options = gonogo.Attributes{}
	}
	opened, err := open(data.Files, data.Options)
	return &Table{opened}, err
}

// Files tells what it is read from: `path`, `size`, `format`, `compression`, `rows`, `partitions`.
func (t *Table) Files() ([]gonogo.Attributes, error) { return t.table.files() }

// Rows is the number of rows.
func (t *Table) Rows() (uint64, error) { return t.table.rows() }

// Damage tells what keeps files from being read to their end: `path`, `reason`, and where the format tells `line`, `row`, `column`, `byte`.
func (t *Table) Damage() ([]gonogo.Attributes, error) { return t.table.damage() }

// Close lets the host forget it. When the job ends it does so by itself.
func (t *Table) Close() { t.table.close() }

// Columns are its columns, in order. Of CSV and JSON this reads the whole table.
func (t *Table) Columns() ([]Column, error) {
	given, err := t.table.columns()
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(given))
	for at, attributes := range given {
		column := &columns[at]
		column.Nullable = true
		for _, err := range []error{
			need(attributes, "name", &column.Name), need(attributes, "type", &column.Type), get(attributes, "nullable", &column.Nullable),
			get(attributes, "stored", &column.Stored), get(attributes, "partition", &column.Partition),
		} {
			if err != nil {
				return nil, err
			}
		}
	}
	return columns, nil
}

func need[T gonogo.Wanted](attributes gonogo.Attributes, name string, into *T) (err error) {
	*into, err = gonogo.Need[T](attributes, name)
	return err
}

func get[T gonogo.Wanted](attributes gonogo.Attributes, name string, into *T) error {
	value, there, err := gonogo.Get[T](attributes, name)
	if there {
		*into = value
	}
	return err
}

// Query answers one query of at most 10,000 rows over tables.
func Query(sql string, tables Tables) (*Answer, error) {
	return query(sql, tables, gonogo.Attributes{})
}

// QueryUpTo is Query with room for more rows, or fewer: 100,000 are the most.
func QueryUpTo(rows uint32, sql string, tables Tables) (*Answer, error) {
	return query(sql, tables, gonogo.Attributes{"rows-maximum": int64(rows)})
}

// Quoted is a name as SQL takes it whatever is in it: `"Label"`.
func Quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Literal is a text as SQL takes it: in single quotes, those in it doubled.
func Literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
