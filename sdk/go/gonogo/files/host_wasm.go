package files

import (
	"gonogo"
	wit "gonogo/internal/bindings/imports/gonogo_plugin_files"
	"gonogo/internal/wire"
	witTypes "gonogo/internal/wit/types"
)

var kinds = map[wit.Kind]Kind{wit.Kind_File: File, wit.Kind_Directory: Directory, wit.Kind_Link: Link, wit.Kind_Other: Other}

func (a Algorithm) contract() wit.Algorithm {
	if a == SHA256 {
		return wit.Algorithm_Sha256
	}
	return wit.Algorithm_Blake3
}

func stat(path string, follow bool) (gonogo.Attributes, error) {
	return wire.One(wit.Stat(path, follow))
}

func read(path string, offset uint64, length uint32) ([]byte, error) {
	return wire.Plain(wit.Read(path, offset, length))
}

func list(path string) ([]Named, error) {
	return wire.Then(wit.List(path), func(given []witTypes.Tuple2[string, wit.Kind]) []Named {
		names := make([]Named, len(given))
		for at, name := range given {
			names[at] = Named{name.F0, kinds[name.F1]}
		}
		return names
	})
}

func find(path, pattern string) (uint64, bool, error) { return wire.Optional(wit.Find(path, pattern)) }

func digest(path string, algorithm Algorithm) (string, error) {
	return wire.Plain(wit.Digest(path, algorithm.contract()))
}

func digests(paths []string, algorithm Algorithm) ([]Digested, error) {
	return wire.Then(wit.Digests(paths, algorithm.contract()), func(given []wire.Answer[string]) []Digested {
		all := make([]Digested, len(given))
		for at, one := range given {
			all[at].Digest, all[at].Err = wire.Plain(one)
		}
		return all
	})
}

func space(path string) (gonogo.Attributes, error) { return wire.One(wit.Space(path)) }

func scratch(path string) error { return wire.Nothing(wit.Scratch(path)) }

func probe(directory string, size uint64) (gonogo.Attributes, error) {
	return wire.One(wit.Probe(directory, size))
}

type entries struct{ handle *wit.Entries }

func walk(path string, options gonogo.Attributes) (*entries, error) {
	return wire.Then(wit.Walk(path, wire.Options(options)), func(handle *wit.Entries) *entries { return &entries{handle} })
}

func (e *entries) next() ([]Entry, error) {
	return wire.Then(e.handle.Next(), func(given []wit.Entry) []Entry {
		batch := make([]Entry, len(given))
		for at, entry := range given {
			batch[at] = Entry{
				entry.Path, kinds[entry.Kind], entry.Size, entry.Mode, entry.Owner, entry.Group, entry.Modified, entry.Links, entry.Device,
				entry.Target.SomeOr(""), nil,
			}
			if entry.Failed.IsSome() {
				batch[at].Failed = wire.Error(entry.Failed.Some())
			}
		}
		return batch
	})
}

func (e *entries) close() { e.handle.Drop() }

type matches struct{ handle *wit.Matches }

func search(path string, patterns []gonogo.Attributes, options gonogo.Attributes) (*matches, error) {
	return started(wit.Search(path, lists(patterns), wire.Options(options)))
}

func searchProcesses(patterns []gonogo.Attributes) (*matches, error) {
	return started(wit.SearchProcesses(lists(patterns)))
}

func started(answer wire.Answer[*wit.Matches]) (*matches, error) {
	return wire.Then(answer, func(handle *wit.Matches) *matches { return &matches{handle} })
}

func lists(patterns []gonogo.Attributes) []wire.Given {
	given := make([]wire.Given, len(patterns))
	for at, pattern := range patterns {
		given[at] = wire.Options(pattern)
	}
	return given
}

func (m *matches) next() ([]gonogo.Attributes, error)   { return wire.Many(m.handle.Next()) }
func (m *matches) totals() (gonogo.Attributes, error)   { return wire.One(m.handle.Totals()) }
func (m *matches) counts() ([]gonogo.Attributes, error) { return wire.Many(m.handle.Counts()) }
func (m *matches) close()                               { m.handle.Drop() }

type content struct{ handle *wit.Content }

func open(path string) (*content, error) { return opened(wit.Open(path)) }

func opened(answer wire.Answer[*wit.Content]) (*content, error) {
	return wire.Then(answer, func(handle *wit.Content) *content { return &content{handle} })
}

func (c *content) format() (string, error) { return wire.Plain(c.handle.Format()) }
func (c *content) size() (uint64, error)   { return wire.Plain(c.handle.Size()) }

func (c *content) read(offset uint64, length uint32) ([]byte, error) {
	return wire.Plain(c.handle.Read(offset, length))
}

func (c *content) members() ([]gonogo.Attributes, error) { return wire.Many(c.handle.Members()) }
func (c *content) member(index uint32) (*content, error) { return opened(c.handle.Member(index)) }
func (c *content) close()                                { c.handle.Drop() }
