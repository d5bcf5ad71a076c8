package dataset

import (
	"gonogo"
	wit "gonogo/internal/bindings/imports/gonogo_plugin_dataset"
	"gonogo/internal/wire"
	witTypes "gonogo/internal/wit/types"
)

type table struct{ handle *wit.Table }

func open(files []string, options gonogo.Attributes) (*table, error) {
	return wire.Then(wit.Open(files, wire.Options(options)), func(handle *wit.Table) *table { return &table{handle} })
}

func (t *table) files() ([]gonogo.Attributes, error)   { return wire.Many(t.handle.Files()) }
func (t *table) columns() ([]gonogo.Attributes, error) { return wire.Many(t.handle.Columns()) }
func (t *table) rows() (uint64, error)                 { return wire.Plain(t.handle.Rows()) }
func (t *table) damage() ([]gonogo.Attributes, error)  { return wire.Many(t.handle.Damage()) }
func (t *table) close()                                { t.handle.Drop() }

func query(sql string, tables Tables, options gonogo.Attributes) (*Answer, error) {
	named := make([]witTypes.Tuple2[string, *wit.Table], 0, len(tables))
	for name, table := range tables {
		named = append(named, witTypes.Tuple2[string, *wit.Table]{F0: name, F1: table.table.handle})
	}
	return wire.Then(wit.Query(named, sql, wire.Options(options)), func(given []witTypes.Tuple2[string, wit.Cells]) *Answer {
		answer := &Answer{make([]Cells, len(given))}
		for at, column := range given {
			answer.Columns[at] = Cells{column.F0, values(column.F1)}
		}
		return answer
	})
}

func values(cells wit.Cells) []any {
	switch cells.Tag() {
	case wit.Cells_Booleans:
		return each(cells.Booleans())
	case wit.Cells_Integers:
		return each(cells.Integers())
	case wit.Cells_Numbers:
		return each(cells.Numbers())
	default:
		return each(cells.Texts())
	}
}

func each[T any](given []witTypes.Option[T]) []any {
	values := make([]any, len(given))
	for at, cell := range given {
		if cell.IsSome() {
			values[at] = cell.Some()
		}
	}
	return values
}
