//go:build !wasm

package dataset

import (
	"encoding/json"
	"fmt"
	"math"

	"gonogo"
	"gonogo/internal/native"
)

type ask = map[string]any

type table struct{ asked ask }

func open(files []string, options gonogo.Attributes) (*table, error) {
	asked := ask{"files": files, "options": options}
	_, err := native.Ask[any]("dataset.open", asked)
	return &table{asked}, err
}

func (t *table) files() ([]gonogo.Attributes, error)   { return t.many("dataset.files") }
func (t *table) columns() ([]gonogo.Attributes, error) { return t.many("dataset.columns") }
func (t *table) damage() ([]gonogo.Attributes, error)  { return t.many("dataset.damage") }
func (t *table) close()                                {}

func (t *table) rows() (uint64, error) { return native.Ask[uint64]("dataset.rows", t.asked) }

func (t *table) many(call string) ([]gonogo.Attributes, error) {
	return native.Ask[[]gonogo.Attributes](call, t.asked)
}

func query(sql string, tables Tables, options gonogo.Attributes) (*Answer, error) {
	named := ask{}
	for name, table := range tables {
		named[name] = table.table.asked
	}
	columns, err := native.Ask[[]Cells]("dataset.query", ask{"tables": named, "sql": sql, "options": options})
	return &Answer{columns}, err
}

// UnmarshalJSON reads a column as recordings keep it: `{"name": "rows", "integers": [3, null]}`. Numbers that JSON has no word for are texts.
func (c *Cells) UnmarshalJSON(text []byte) error {
	var kept struct {
		Name     string
		Booleans []*bool
		Integers []*int64
		Numbers  []any
		Texts    []*string
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		return err
	}
	c.Name = kept.Name
	c.Values = append(append(append(c.Values, present(kept.Booleans)...), present(kept.Integers)...), present(kept.Texts)...)
	words := map[any]float64{"NaN": math.NaN(), "inf": math.Inf(1), "-inf": math.Inf(-1)}
	for _, cell := range kept.Numbers {
		if word, is := cell.(string); is {
			number, known := words[word]
			if !known {
				return fmt.Errorf("'%s' is no number", word)
			}
			cell = number
		}
		c.Values = append(c.Values, cell)
	}
	return nil
}

func present[T any](cells []*T) []any {
	values := make([]any, len(cells))
	for at, cell := range cells {
		if cell != nil {
			values[at] = *cell
		}
	}
	return values
}
