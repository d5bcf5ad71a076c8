package gonogo

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type inner struct {
	Name string `about:"Its name."`
}

type everything struct {
	Path       Readable  `json:"path" about:"A path."`
	Limit      Size      `json:"limit" default:"1 GiB"`
	Count      uint64    `json:"count" default:"3" maximum:"9"`
	MaximumAge *Duration `about:"How old."`
	Mode       string    `default:"fast" choices:"fast,slow"`
	Names      []string  `default:"[\"a\"]"`
	Inner      []inner
	Table      Dataset `default:"data.csv"`
	Ignored    string  `json:"-"`
	Command    Command
	All        Processes `default:"false"`
	Server     *Endpoint `about:"A server."`
}

func (everything) Run(*Report) error { return nil }

// schema is the JSON Schema of a struct, as JSON reads it.
func schema(t *testing.T, parameters Runner) map[string]any {
	t.Helper()
	check := Check{Name: "x", Parameters: parameters}
	text, err := check.schema()
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func TestSchemaComesFromTheStruct(t *testing.T) {
	read := schema(t, everything{})
	if !reflect.DeepEqual(read["required"], []any{"path", "inner", "command"}) || read["additionalProperties"] != false {
		t.Errorf("required %v, additionalProperties %v", read["required"], read["additionalProperties"])
	}
	properties := read["properties"].(map[string]any)
	for name, expected := range map[string]string{
		"path":        `{"type":"string","minLength":1,"x-gonogo-grant":"read","description":"A path."}`,
		"count":       `{"type":"integer","minimum":0,"maximum":9,"default":3}`,
		"mode":        `{"type":"string","enum":["fast","slow"],"default":"fast"}`,
		"names":       `{"type":"array","items":{"type":"string"},"default":["a"]}`,
		"all":         `{"type":"boolean","x-gonogo-grant":"processes","default":false}`,
		"server":      `{"type":"string","minLength":1,"x-gonogo-grant":"endpoint","description":"A server."}`,
		"maximum-age": `{"type":"string","pattern":"^[0-9]+(\\.[0-9]+)? ?(ms|s|min|h|d|w)$","x-gonogo-expected":"a duration: write a number and a unit, such as '30 s', '2 h' or '7 d'","description":"How old."}`,
		"inner":       `{"type":"array","items":{"type":"object","properties":{"name":{"type":"string","description":"Its name."}},"additionalProperties":false,"required":["name"]}}`,
	} {
		var wanted any
		if err := json.Unmarshal([]byte(expected), &wanted); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(properties[name], wanted) {
			t.Errorf("%s: expected %v, but was %v", name, wanted, properties[name])
		}
	}
	if properties["ignored"] != nil || properties["table"].(map[string]any)["default"] != "data.csv" {
		t.Errorf("%v", properties)
	}
}

func TestEveryNameOfATableCarriesAuthority(t *testing.T) {
	text, err := plainJSON(Dataset{}.schema())
	if err != nil || strings.Count(string(text), "x-gonogo-grant") != 8 || strings.Contains(string(text), "$ref") {
		t.Errorf("%v: %s", err, text)
	}
	for kind, count := range map[string]int{"dataset": 4, "endpoint": 1, "variable": 3} {
		if strings.Count(string(text), `"x-gonogo-grant":"`+kind+`"`) != count {
			t.Errorf("%s: %s", kind, text)
		}
	}
}

func TestParametersAreReadWithTheirDefaults(t *testing.T) {
	var read everything
	text := `{"path": "a", "inner": [{"name": "b"}], "command": ["x"], "maximum-age": "2 h"}`
	if err := decode([]byte(text), reflect.ValueOf(&read).Elem()); err != nil {
		t.Fatal(err)
	}
	if read.Path != "a" || read.Limit != GiB || read.Count != 3 || *read.MaximumAge != 7200 || read.Mode != "fast" {
		t.Errorf("%+v", read)
	}
	if !reflect.DeepEqual(read.Names, []string{"a"}) || read.Inner[0].Name != "b" || read.Table.Files[0] != "data.csv" {
		t.Errorf("%+v", read)
	}
	for wrong, why := range map[string]string{
		`{"inner": [], "command": ["x"]}`:                            "'path' is missing",
		`{"path": "a", "inner": [{}], "command": ["x"]}`:             "'inner': [0]: 'name' is missing",
		`{"path": "a", "inner": [], "command": ["x"], "other": 1}`:   "there is no parameter 'other'",
		`{"path": "a", "inner": [], "command": ["x"], "limit": "1"}`: "'1' is not a size",
		`{"path": "a", "inner": [], "command": ["x"], "count": -1}`:  "'count'",
		`[]`: "cannot unmarshal",
	} {
		err := decode([]byte(wrong), reflect.ValueOf(&everything{}).Elem())
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: expected '%s', but was '%v'", wrong, why, err)
		}
	}
}

type wrongDefault struct {
	Limit Size `default:"a lot"`
}

func (wrongDefault) Run(*Report) error { return nil }

type wrongType struct{ Channel chan int }

func (wrongType) Run(*Report) error { return nil }

func TestFaultsOfATableAreNamed(t *testing.T) {
	plugin := Plugin{Checks: []Check{{Name: "a", Parameters: wrongDefault{}}, {Name: "b", Parameters: wrongType{}}, {Name: "c"}}}
	faults := plugin.Faults()
	for at, why := range []string{"limit of wrongDefault: the default does not fit", "cannot be a chan int", "Parameters is not set"} {
		if len(faults) != 3 || !strings.Contains(faults[at].Error(), why) {
			t.Errorf("expected '%s' among %v", why, faults)
		}
	}
}

func TestATableIsWrittenInThreeWays(t *testing.T) {
	for text, files := range map[string]int{`"a.csv"`: 1, `["a", "b"]`: 2, `{"files": ["a"], "delimiter": ";", "header": false, "nulls": ["NA"]}`: 1} {
		var data Dataset
		if err := json.Unmarshal([]byte(text), &data); err != nil || len(data.Files) != files {
			t.Errorf("%s: %v %v", text, data, err)
		}
		if files == 1 && text[0] == '{' && !reflect.DeepEqual(data.Options, Attributes{"delimiter": ";", "header": false, "nulls": []string{"NA"}}) {
			t.Errorf("%v", data.Options)
		}
	}
	var away Dataset
	text := `{"files": "s3://b/x.csv", "endpoint": "https://s3.example", "access-key-id": "ID", "session-token": null}`
	if err := json.Unmarshal([]byte(text), &away); err != nil || !reflect.DeepEqual(away.Options, Attributes{"endpoint": "https://s3.example", "access-key-id": "ID"}) {
		t.Errorf("%v %v", away, err)
	}
	for _, wrong := range []string{`1`, `[]`, `{"format": "csv"}`, `[1]`} {
		if err := json.Unmarshal([]byte(wrong), &Dataset{}); err == nil {
			t.Errorf("%s is no table", wrong)
		}
	}
}
