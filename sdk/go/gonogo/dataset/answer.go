package dataset

import (
	"fmt"
	"reflect"

	"gonogo"
	"gonogo/internal/core"
)

// Answer is what a query gives.
type Answer struct {
	// Columns are in the order of the query.
	Columns []Cells
}

// Cells are those of a column, from the first row to the last: bool, int64, float64 or string; nil is null.
type Cells struct {
	// Name is what the query calls the column.
	Name string
	// Values are the cells.
	Values []any
}

// Rows is how many rows it has.
func (a *Answer) Rows() int {
	if len(a.Columns) == 0 {
		return 0
	}
	return len(a.Columns[0].Values)
}

// Get gives one cell, and whether it is not null. It fails where there is no such cell, or it is of another type.
func Get[T gonogo.Wanted](answer *Answer, row int, name string) (value T, there bool, err error) {
	cells, err := answer.column(name)
	if err != nil {
		return value, false, err
	}
	if row < 0 || row >= len(cells) {
		return value, false, unsupported("the host's answer has %d rows, not %d", len(cells), row+1)
	}
	cell := cells[row]
	if cell == nil {
		return value, false, nil
	}
	if !core.Read(cell, reflect.ValueOf(&value).Elem()) {
		return value, false, unsupported("the host answers '%s' with %s, which is not %s", name, core.Show(cell), core.Name(value))
	}
	return value, true, nil
}

// Need gives one cell that cannot be null. It fails as Get does, and where it is null.
func Need[T gonogo.Wanted](answer *Answer, row int, name string) (T, error) {
	value, there, err := Get[T](answer, row, name)
	if err == nil && !there {
		err = unsupported("the host answers '%s' of row %d with null", name, row+1)
	}
	return value, err
}

func (a *Answer) column(name string) ([]any, error) {
	for at := range a.Columns {
		if a.Columns[at].Name == name {
			return a.Columns[at].Values, nil
		}
	}
	return nil, unsupported("the host's answer has no column '%s'", name)
}

func unsupported(format string, values ...any) error {
	return &gonogo.Error{Kind: gonogo.Unsupported, Text: fmt.Sprintf(format, values...)}
}
