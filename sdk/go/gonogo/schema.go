package gonogo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// object is a JSON object that keeps the order of its names: that of the struct's fields is the order in which `gonogo explain` shows them.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the names in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for at, member := range o {
		if at > 0 {
			text.WriteByte(',')
		}
		name, err := plainJSON(member.name)
		if err != nil {
			return nil, err
		}
		value, err := plainJSON(member.value)
		if err != nil {
			return nil, err
		}
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// plainJSON is JSON without the escapes that only HTML needs.
func plainJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(text.Bytes(), "\n"), err
}

// schemed is a type of the SDK that knows its schema.
type schemed interface{ schema() object }

// field is a parameter, as the struct's tags have it.
type field struct {
	name, about string
	at          int
	shape       reflect.Type
	// preset is the default as JSON; nil where there is none.
	preset json.RawMessage
	// optional parameters may be left out without having a default: pointers.
	optional bool
	limits   object
}

// fields are the parameters of a struct.
func fields(shape reflect.Type) ([]field, error) {
	var found []field
	for at := range shape.NumField() {
		declared := shape.Field(at)
		name, _, _ := strings.Cut(declared.Tag.Get("json"), ",")
		if !declared.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = kebab(declared.Name)
		}
		parameter := field{name: name, about: declared.Tag.Get("about"), at: at, shape: declared.Type}
		if declared.Type.Kind() == reflect.Pointer {
			parameter.optional, parameter.shape = true, declared.Type.Elem()
		}
		if err := parameter.read(declared.Tag); err != nil {
			return nil, fmt.Errorf("parameter %s of %s: %w", name, shape.Name(), err)
		}
		found = append(found, parameter)
	}
	return found, nil
}

// read takes default and limits from a tag.
func (f *field) read(tag reflect.StructTag) error {
	if preset, there := tag.Lookup("default"); there {
		f.preset = json.RawMessage(preset)
		if f.shape.Kind() == reflect.String || f.isText() {
			quoted, err := plainJSON(preset)
			if err != nil {
				return err
			}
			f.preset = quoted
		}
		if err := decode(f.preset, reflect.New(f.shape).Elem()); err != nil {
			return fmt.Errorf("the default does not fit: %w", err)
		}
	}
	for _, name := range []string{"minimum", "maximum"} {
		if limit, there := tag.Lookup(name); there {
			if !json.Valid([]byte(limit)) {
				return fmt.Errorf("%s is no number: %s", name, limit)
			}
			f.limits = append(f.limits, member{name, json.RawMessage(limit)})
		}
	}
	if pattern, there := tag.Lookup("pattern"); there {
		f.limits = append(f.limits, member{"pattern", pattern})
	}
	if choices, there := tag.Lookup("choices"); there {
		f.limits = append(f.limits, member{"enum", strings.Split(choices, ",")})
	}
	return nil
}

// isText tells whether the parameter is written as a text: sizes and their like, tables.
func (f *field) isText() bool {
	switch reflect.Zero(f.shape).Interface().(type) {
	case Size, Rate, Duration, Frequency:
		return true
	case Dataset:
		return !json.Valid(f.preset)
	}
	return false
}

// schemaOf is the JSON Schema of a type.
func schemaOf(shape reflect.Type) (object, error) {
	if known, is := reflect.Zero(shape).Interface().(schemed); is && shape.Kind() != reflect.Pointer {
		return known.schema(), nil
	}
	switch shape.Kind() {
	case reflect.Pointer:
		return schemaOf(shape.Elem())
	case reflect.Bool:
		return object{{"type", "boolean"}}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{{"type", "integer"}}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{{"type", "integer"}, {"minimum", 0}}, nil
	case reflect.Float32, reflect.Float64:
		return object{{"type", "number"}}, nil
	case reflect.String:
		return object{{"type", "string"}}, nil
	case reflect.Slice:
		items, err := schemaOf(shape.Elem())
		return object{{"type", "array"}, {"items", items}}, err
	case reflect.Map:
		if shape.Key().Kind() == reflect.String {
			values, err := schemaOf(shape.Elem())
			return object{{"type", "object"}, {"additionalProperties", values}}, err
		}
	case reflect.Struct:
		return schemaOfStruct(shape)
	}
	return nil, fmt.Errorf("a parameter cannot be a %s", shape)
}

func schemaOfStruct(shape reflect.Type) (object, error) {
	parameters, err := fields(shape)
	if err != nil {
		return nil, err
	}
	properties, required := object{}, []string{}
	for _, parameter := range parameters {
		schema, err := schemaOf(parameter.shape)
		if err != nil {
			return nil, fmt.Errorf("parameter %s of %s: %w", parameter.name, shape.Name(), err)
		}
		for _, limit := range parameter.limits {
			schema = schema.with(limit)
		}
		if parameter.about != "" {
			schema = schema.with(member{"description", parameter.about})
		}
		switch {
		case parameter.preset != nil:
			schema = append(schema, member{"default", parameter.preset})
		case !parameter.optional:
			required = append(required, parameter.name)
		}
		properties = append(properties, member{parameter.name, schema})
	}
	schema := object{{"type", "object"}}
	if len(properties) > 0 {
		schema = append(schema, member{"properties", properties})
	}
	schema = append(schema, member{"additionalProperties", false})
	if len(required) > 0 {
		schema = append(schema, member{"required", required})
	}
	return schema, nil
}

// with is the object with that member, in the place of one of the same name.
func (o object) with(set member) object {
	changed := append(object{}, o...)
	for at := range changed {
		if changed[at].name == set.name {
			changed[at] = set
			return changed
		}
	}
	return append(changed, set)
}

// kebab is a field's name as parameters are written: MaximumAge -> maximum-age.
func kebab(name string) string {
	var text strings.Builder
	letters := []rune(name)
	for at, letter := range letters {
		begins := unicode.IsUpper(letter) && at > 0 && (unicode.IsLower(letters[at-1]) ||
			at+1 < len(letters) && unicode.IsLower(letters[at+1]))
		if begins {
			text.WriteByte('-')
		}
		text.WriteRune(unicode.ToLower(letter))
	}
	return text.String()
}
