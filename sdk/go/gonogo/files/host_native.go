//go:build !wasm

package files

import (
	"encoding/hex"
	"encoding/json"
	"maps"

	"gonogo"
	"gonogo/internal/core"
	"gonogo/internal/native"
)

type ask = map[string]any

func stat(path string, follow bool) (gonogo.Attributes, error) {
	return native.Ask[gonogo.Attributes]("files.stat", ask{"path": path, "follow": follow})
}

// recorded are bytes as recordings keep them: text where they are UTF-8, else hex.
type recorded []byte

func (r *recorded) UnmarshalJSON(text []byte) error {
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*r = recorded(plain)
		return nil
	}
	var other struct{ Hex string }
	if err := json.Unmarshal(text, &other); err != nil {
		return err
	}
	bytes, err := hex.DecodeString(other.Hex)
	*r = bytes
	return err
}

func read(path string, offset uint64, length uint32) ([]byte, error) {
	return native.Ask[recorded]("files.read", ask{"path": path, "offset": offset, "length": length})
}

// UnmarshalJSON reads a name as recordings keep it: `["a.txt", "file"]`.
func (n *Named) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&n.Name, &n.Kind})
}

func list(path string) ([]Named, error) { return native.Ask[[]Named]("files.list", ask{"path": path}) }

func find(path, pattern string) (uint64, bool, error) {
	return native.Optional[uint64]("files.find", ask{"path": path, "pattern": pattern})
}

func digest(path string, algorithm Algorithm) (string, error) {
	return native.Ask[string]("files.digest", ask{"path": path, "algorithm": algorithm})
}

// UnmarshalJSON reads a digest as recordings keep it: a text, or `{"failed": …}`.
func (d *Digested) UnmarshalJSON(text []byte) error {
	value, err := core.ValueFromJSON(text)
	switch value := value.(type) {
	case string:
		d.Digest = value
	case *core.Error:
		d.Err = value
	}
	return err
}

func digests(paths []string, algorithm Algorithm) ([]Digested, error) {
	return native.Ask[[]Digested]("files.digests", ask{"paths": paths, "algorithm": algorithm})
}

func space(path string) (gonogo.Attributes, error) {
	return native.Ask[gonogo.Attributes]("files.space", ask{"path": path})
}

func scratch(path string) error {
	_, err := native.Ask[any]("files.scratch", ask{"path": path})
	return err
}

func probe(directory string, size uint64) (gonogo.Attributes, error) {
	return native.Ask[gonogo.Attributes]("files.probe", ask{"directory": directory, "size": size})
}

type entries struct{ asked ask }

func walk(path string, options gonogo.Attributes) (*entries, error) {
	asked := ask{"path": path, "options": options}
	_, err := native.Ask[any]("files.walk", asked)
	return &entries{asked}, err
}

func (e *entries) next() ([]Entry, error) { return native.Ask[[]Entry]("files.walk.next", e.asked) }
func (e *entries) close()                 {}

type matches struct{ asked ask }

func search(path string, _ []gonogo.Attributes, options gonogo.Attributes) (*matches, error) {
	return started("files.search", ask{"path": path, "options": options})
}

func searchProcesses([]gonogo.Attributes) (*matches, error) {
	return started("files.search-processes", ask{"processes": true})
}

func started(call string, asked ask) (*matches, error) {
	_, err := native.Ask[any](call, asked)
	return &matches{asked}, err
}

func (m *matches) next() ([]gonogo.Attributes, error) {
	return native.Ask[[]gonogo.Attributes]("files.search.next", m.asked)
}

func (m *matches) totals() (gonogo.Attributes, error) {
	return native.Ask[gonogo.Attributes]("files.search.totals", m.asked)
}

func (m *matches) counts() ([]gonogo.Attributes, error) {
	return native.Ask[[]gonogo.Attributes]("files.search.counts", m.asked)
}

func (m *matches) close() {}

type content struct {
	path string
	// inner are the places of the members that lead here, from the file inwards.
	inner []uint32
}

func open(path string) (*content, error) {
	_, err := native.Ask[any]("files.open", ask{"path": path})
	return &content{path, []uint32{}}, err
}

func (c *content) asked(more ask) ask {
	asked := ask{"path": c.path, "members": c.inner}
	maps.Copy(asked, more)
	return asked
}

func (c *content) format() (string, error) {
	return native.Ask[string]("files.content.format", c.asked(nil))
}

func (c *content) size() (uint64, error) {
	return native.Ask[uint64]("files.content.size", c.asked(nil))
}

func (c *content) read(offset uint64, length uint32) ([]byte, error) {
	return native.Ask[recorded]("files.content.read", c.asked(ask{"offset": offset, "length": length}))
}

func (c *content) members() ([]gonogo.Attributes, error) {
	return native.Ask[[]gonogo.Attributes]("files.content.members", c.asked(nil))
}

func (c *content) member(index uint32) (*content, error) {
	_, err := native.Ask[any]("files.content.member", c.asked(ask{"index": index}))
	return &content{c.path, append(c.inner[:len(c.inner):len(c.inner)], index)}, err
}

func (c *content) close() {}
