package gonogo

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"gonogo/internal/core"
)

// Dataset is a table: files, and how they are read. Written as one name ("data/train.csv"), as several, or as a table of options with the
// names as `files`. A name is that of a file, of a directory, or a pattern (`data/train/*.parquet`); or of a remote object
// (`s3://bucket/train/*.parquet`, `https://data.example/train.parquet`), which is read where the option `endpoint` names its server.
type Dataset struct {
	// Files are the names, as they were written.
	Files []string
	// Options say how they are read, by the contract's names: `delimiter`, `nulls`, `types`.
	Options Attributes
}

// The schema is the same in every SDK, so that all tables are written alike.
//
//go:embed dataset.json
var datasetSchema []byte

func (Dataset) schema() object {
	var names map[string]json.RawMessage
	if err := json.Unmarshal(datasetSchema, &names); err != nil {
		panic(fmt.Sprintf("dataset.json: %v", err))
	}
	return object{{"description", names["description"]}, {"anyOf", names["anyOf"]}}
}

// UnmarshalJSON reads the three forms.
func (d *Dataset) UnmarshalJSON(text []byte) error {
	*d = Dataset{Options: Attributes{}}
	var written map[string]json.RawMessage
	if json.Unmarshal(text, &written) != nil {
		return d.names(text)
	}
	for name, option := range written {
		// What stands for nothing is left out: `null`, no names.
		if name == "files" || string(option) == "null" || string(option) == "[]" {
			continue
		}
		value, err := core.ValueFromJSON(option)
		if err != nil {
			return fmt.Errorf("'%s' %w", name, err)
		}
		d.Options[name] = value
	}
	return d.names(written["files"])
}

func (d *Dataset) names(text []byte) error {
	value, err := core.ValueFromJSON(text)
	switch value := value.(type) {
	case string:
		d.Files = []string{value}
		return nil
	case []string:
		if len(value) > 0 {
			d.Files = value
			return nil
		}
	}
	if err != nil {
		return err
	}
	return errors.New("a table is the name of its files, a list of names, or an object with them as 'files'")
}

// With is the same table with an option of its own, by the contract's name.
func (d Dataset) With(name string, value any) Dataset {
	options := Attributes{}
	maps.Copy(options, d.Options)
	options[name] = value
	return Dataset{d.Files, options}
}

// String is the names, for a message.
func (d Dataset) String() string { return strings.Join(d.Files, ", ") }
