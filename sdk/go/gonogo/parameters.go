package gonogo

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// decode reads JSON into a value. It is encoding/json, but for structs: their fields go by the tags of this SDK, names that no field has are
// errors, and so are fields that are left out and have no default.
func decode(text json.RawMessage, into reflect.Value) error {
	if _, own := into.Addr().Interface().(json.Unmarshaler); own {
		return json.Unmarshal(text, into.Addr().Interface())
	}
	switch into.Kind() {
	case reflect.Pointer:
		if string(text) == "null" {
			into.SetZero()
			return nil
		}
		into.Set(reflect.New(into.Type().Elem()))
		return decode(text, into.Elem())
	case reflect.Slice:
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		list := reflect.MakeSlice(into.Type(), len(items), len(items))
		for at, item := range items {
			if err := decode(item, list.Index(at)); err != nil {
				return fmt.Errorf("[%d]: %w", at, err)
			}
		}
		into.Set(list)
		return nil
	case reflect.Map:
		var items map[string]json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		values := reflect.MakeMapWithSize(into.Type(), len(items))
		for name, item := range items {
			value := reflect.New(into.Type().Elem()).Elem()
			if err := decode(item, value); err != nil {
				return fmt.Errorf("'%s': %w", name, err)
			}
			values.SetMapIndex(reflect.ValueOf(name).Convert(into.Type().Key()), value)
		}
		into.Set(values)
		return nil
	case reflect.Struct:
		return decodeStruct(text, into)
	default:
		return json.Unmarshal(text, into.Addr().Interface())
	}
}

func decodeStruct(text json.RawMessage, into reflect.Value) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	parameters, err := fields(into.Type())
	if err != nil {
		return err
	}
	for _, parameter := range parameters {
		value, there := given[parameter.name]
		delete(given, parameter.name)
		if !there {
			value = parameter.preset
		}
		if value == nil {
			if !parameter.optional {
				return fmt.Errorf("'%s' is missing", parameter.name)
			}
			continue
		}
		if err := decode(value, into.Field(parameter.at)); err != nil {
			return fmt.Errorf("'%s': %w", parameter.name, err)
		}
	}
	for name := range given {
		return fmt.Errorf("there is no parameter '%s'", name)
	}
	return nil
}
