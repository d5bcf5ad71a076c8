// Package native answers host functions from a case: natively there is no host.
package native

import (
	"encoding/json"
	"fmt"
	"reflect"

	"gonogo/internal/core"
)

// Call is one answer of a case.
type Call struct {
	Call   string          `json:"call"`
	Ask    json.RawMessage `json:"ask,omitempty"`
	Answer struct {
		OK    json.RawMessage `json:"ok"`
		Error *core.Error     `json:"error"`
	} `json:"answer"`
}

// Calls are the answers of the case that is being run. A call that is made again gets the next answer to it, the last one for ever.
var Calls []Call

// Missing is what a check panics with that asks what its case does not answer.
type Missing string

// Ask looks up the answer to a call.
func Ask[T any](call string, ask any) (answer T, err error) {
	asked, err := json.Marshal(ask)
	if err != nil {
		panic(Missing(fmt.Sprintf("%s cannot be asked about: %v", call, err)))
	}
	at := find(call, asked, 0)
	if at < 0 {
		panic(Missing(fmt.Sprintf("the case has no answer to %s %s", call, asked)))
	}
	found := Calls[at]
	if find(call, asked, at+1) >= 0 {
		Calls = append(Calls[:at:at], Calls[at+1:]...)
	}
	if found.Answer.Error != nil {
		return answer, found.Answer.Error
	}
	if len(found.Answer.OK) > 0 {
		if err := json.Unmarshal(found.Answer.OK, &answer); err != nil {
			panic(Missing(fmt.Sprintf("the case's answer to %s %s is not of its form: %v", call, asked, err)))
		}
	}
	return answer, nil
}

// Optional is an answer that may be null.
func Optional[T any](call string, ask any) (value T, there bool, err error) {
	answer, err := Ask[*T](call, ask)
	if err != nil || answer == nil {
		return value, false, err
	}
	return *answer, true, nil
}

func find(call string, asked []byte, from int) int {
	for at := from; at < len(Calls); at++ {
		if Calls[at].Call == call && same(Calls[at].Ask, asked) {
			return at
		}
	}
	return -1
}

// same compares JSON: the order of names does not matter, and null is as good as nothing.
func same(one, other []byte) bool {
	return reflect.DeepEqual(read(one), read(other))
}

func read(text []byte) any {
	var value any
	if len(text) > 0 && json.Unmarshal(text, &value) != nil {
		return text
	}
	return value
}
