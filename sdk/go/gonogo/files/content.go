package files

import "gonogo"

// Content is a file, or a member of an archive, as a sequence of bytes.
type Content struct{ content *content }

// Open opens a regular file, to read it in parts or to look into it.
func Open[P Path](path P) (*Content, error) {
	opened, err := open(string(path))
	return &Content{opened}, err
}

// Format is told by its first bytes: `zip`, `tar`, `gzip`, `zlib`, `zstd`, `bzip2`, `xz`, `7z`, or `bytes`.
func (c *Content) Format() (string, error) { return c.content.format() }

// Size is its length in bytes.
func (c *Content) Size() (uint64, error) { return c.content.size() }

// Read gives fewer bytes than length only at the end.
func (c *Content) Read(offset uint64, length uint32) ([]byte, error) {
	return c.content.read(offset, length)
}

// Members tells what an archive holds.
func (c *Content) Members() ([]gonogo.Attributes, error) { return c.content.members() }

// Member is one of them, by its place in Members.
func (c *Content) Member(index uint32) (*Content, error) {
	member, err := c.content.member(index)
	return &Content{member}, err
}

// Close lets the host forget it. When the job ends it does so by itself.
func (c *Content) Close() { c.content.close() }
