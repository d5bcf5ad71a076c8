package files

import (
	"encoding/json"
	"errors"
	"testing"

	"gonogo"
	"gonogo/internal/native"
)

// answering lays down what the host answers.
func answering(t *testing.T, calls string) {
	t.Helper()
	native.Calls = nil
	if err := json.Unmarshal([]byte(calls), &native.Calls); err != nil {
		t.Fatal(err)
	}
}

func TestAnswersComeInTheFormOfRecordings(t *testing.T) {
	answering(t, `[
		{"call": "files.read", "ask": {"path": "a", "offset": 0, "length": 4}, "answer": {"ok": {"hex": "ff00"}}},
		{"call": "files.list", "ask": {"path": "d"}, "answer": {"ok": [["x", "link"]]}},
		{"call": "files.find", "ask": {"path": "a", "pattern": "x"}, "answer": {"ok": null}},
		{"call": "files.digests", "ask": {"paths": ["a", "b"], "algorithm": "sha256"}, "answer": {"ok": ["00", {"failed": {"not-found": "no b"}}]}}
	]`)
	if bytes, err := Read("a", 0, 4); err != nil || string(bytes) != "\xff\x00" {
		t.Errorf("%v %v", bytes, err)
	}
	if names, err := List("d"); err != nil || names[0] != (Named{"x", Link}) {
		t.Errorf("%v %v", names, err)
	}
	if _, found, err := Find("a", "x"); found || err != nil {
		t.Errorf("%v %v", found, err)
	}
	if digests, err := Digests([]string{"a", "b"}, SHA256); err != nil || digests[0].Digest != "00" || !errors.Is(digests[1].Err, gonogo.NotFound) {
		t.Errorf("%v %v", digests, err)
	}
}

func TestAWalkEndsWithItsError(t *testing.T) {
	answering(t, `[
		{"call": "files.walk", "ask": {"path": "d", "options": {"depth": 2}}, "answer": {"ok": null}},
		{"call": "files.walk.next", "ask": {"path": "d", "options": {"depth": 2}}, "answer": {"ok": [{"path": "d/a", "kind": "file", "size": 3}]}},
		{"call": "files.walk.next", "ask": {"path": "d", "options": {"depth": 2}}, "answer": {"error": {"timeout": "too late"}}}
	]`)
	var seen []string
	for entry, err := range Walk("d", WalkOptions{Depth: 2}) {
		if err != nil {
			seen = append(seen, err.Error())
			continue
		}
		seen = append(seen, entry.Path)
	}
	if len(seen) != 2 || seen[0] != "d/a" || seen[1] != "timeout: too late" {
		t.Errorf("%v", seen)
	}
}

func TestTextIsUTF8AndBounded(t *testing.T) {
	answering(t, `[{"call": "files.read", "ask": {"path": "a", "offset": 0, "length": 4194304}, "answer": {"ok": {"hex": "61ff"}}}]`)
	if _, err := ReadText("a"); err == nil || err.Error() != "a is not UTF-8: byte 1 starts no character" {
		t.Errorf("%v", err)
	}
}

func TestACallThatTheCaseDoesNotAnswerIsNamed(t *testing.T) {
	answering(t, `[]`)
	defer func() {
		if missing, is := recover().(native.Missing); !is || missing != `the case has no answer to files.space {"path":"d"}` {
			t.Errorf("%v", missing)
		}
	}()
	_, _ = Space("d")
}
