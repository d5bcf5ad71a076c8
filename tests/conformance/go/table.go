package main

import (
	"fmt"

	"gonogo"
	"gonogo/dataset"
)

type Table struct {
	Data   gonogo.Dataset `json:"data" about:"The table."`
	Column string         `json:"column" default:"label" about:"The column."`
}

var table = gonogo.Check{Name: "table", Summary: "A column of a table has no nulls", Parameters: Table{}}

func (t Table) Run(r *gonogo.Report) error {
	data, err := dataset.Open(t.Data)
	if err != nil {
		return err
	}
	sql := fmt.Sprintf(`SELECT count(*) AS "rows", count(%s) AS "filled" FROM data`, dataset.Quoted(t.Column))
	answer, err := dataset.Query(sql, dataset.Tables{"data": data})
	if err != nil {
		return err
	}
	rows, err := dataset.Need[uint64](answer, 0, "rows")
	if err != nil {
		return err
	}
	filled, err := dataset.Need[uint64](answer, 0, "filled")
	if err != nil {
		return err
	}
	if rows == 0 {
		return gonogo.NotApplicable("the table has no rows")
	}
	nulls := rows - min(filled, rows)
	r.Fact("rows", rows).Unit("1")
	r.Fact("nulls", nulls).Unit("1").Bound("= 0")
	if nulls > 0 {
		r.NoGof("%s is null in %d of %d rows", t.Column, nulls, rows)
	}
	r.Summaryf("%d rows, %d without %s", rows, nulls, t.Column)
	return nil
}
