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
		texts := make([]string, 0, len(value))
		for _, item := range value {
			text, is := item.(string)
			if !is {
				return nil, fmt.Errorf("is a list of other things than texts: %s", text)
			}
			texts = append(texts, text)
		}
		return texts, nil
	case map[string]any:
		var failed struct{ Failed *Error }
		if err := json.Unmarshal(text, &failed); err == nil && failed.Failed != nil {
			return failed.Failed, nil
		}
	}
	return nil, fmt.Errorf("is no value of the contract: %s", text)
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
