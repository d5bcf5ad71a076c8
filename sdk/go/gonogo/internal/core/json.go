package core

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// UnmarshalJSON reads attributes as recordings and cases keep them.
func (a *Attributes) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*a = make(Attributes, len(raw))
	for name, text := range raw {
		value, err := ValueFromJSON(text)
		if err != nil {
			return fmt.Errorf("'%s' %w", name, err)
		}
		(*a)[name] = value
	}
	return nil
}

// ValueFromJSON reads one value: an object is `{"failed": {"io": "…"}}`.
func ValueFromJSON(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case bool, string:
		return value, nil
	case json.Number:
		if integer, err := value.Int64(); err == nil {
			return integer, nil
		}
		return value.Float64()
	case []any:
		if texts, err := items(value, func(item string) (string, error) { return item, nil }); err == nil {
			return texts, nil
		}
		if numbers, err := items(value, json.Number.Float64); err == nil {
			return numbers, nil
		}
		return nil, fmt.Errorf("is no list of texts or of numbers: %s", text)
	case map[string]any:
		var failed struct{ Failed *Error }
		if err := json.Unmarshal(text, &failed); err == nil && failed.Failed != nil {
			return failed.Failed, nil
		}
	}
	return nil, fmt.Errorf("is no value of the contract: %s", text)
}

// items reads a list whose items are all of one type; an empty one is of any.
func items[J, T any](list []any, read func(J) (T, error)) ([]T, error) {
	found := make([]T, len(list))
	for at, item := range list {
		given, is := item.(J)
		if !is {
			return nil, fmt.Errorf("%v is of another type", item)
		}
		var err error
		if found[at], err = read(given); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// UnmarshalJSON reads an error as recordings keep it: `{"not-found": "…"}`.
func (e *Error) UnmarshalJSON(text []byte) error {
	var kinds map[Kind]string
	if err := json.Unmarshal(text, &kinds); err != nil {
		return err
	}
	for _, kind := range Kinds {
		if text, is := kinds[kind]; is && len(kinds) == 1 {
			*e = Error{kind, text}
			return nil
		}
	}
	return fmt.Errorf("no error of the contract: %s", text)
}

// MarshalJSON writes an error as recordings keep it.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[Kind]string{e.Kind: e.Text})
}
