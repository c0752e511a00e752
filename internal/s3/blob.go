package s3

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

// chunkSize is how much of a content is one value of the database, in bytes. An object that is no larger is stored in
// one transaction, together with its record.
const chunkSize = 1 << 20

// blobID names a content. It is random.
type blobID uint64

func (id blobID) key() []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

func (id blobID) chunk(n int64) []byte { return binary.BigEndian.AppendUint32(id.key(), uint32(n)) }

// blob is a content: a whole object, or a part of one.
type blob struct {
	ID   blobID
	Size int64
}

// staged is a content that no object has yet.
type staged struct {
	blob
	rest []byte // of the last chunk, which is not stored yet
}

func newStaged() *staged {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	return &staged{blob: blob{ID: blobID(binary.BigEndian.Uint64(random[:]))}}
}

// readChunk reads the next chunk of a body: less than a whole one at its end. left is how much is expected; -1 if that
// is not known.
func readChunk(body io.Reader, left int64) ([]byte, error) {
	size := int64(chunkSize)
	if left >= 0 {
		size = min(size-1, left) + 1 // one more, to meet the end
	}
	chunk := make([]byte, size)
	n, err := io.ReadFull(body, chunk)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return chunk[:n], nil
	}
	if err == nil && size < chunkSize {
		err = errorOf("IncompleteBody") // more than was announced
	}
	return chunk[:n], err
}

// stage stores what a body has, but for the last chunk. size is what is expected; -1 if that is not known.
func (s *Service) stage(body io.Reader, size int64) (c *staged, err error) {
	c = newStaged()
	defer func() {
		if err != nil {
			s.abandon(c)
		}
	}()
	for n := int64(0); ; n++ {
		chunk, err := readChunk(body, max(size-c.Size, -1))
		if err != nil {
			return c, err
		}
		c.Size += int64(len(chunk))
		if len(chunk) < chunkSize {
			c.rest = chunk
			return c, nil
		}
		err = s.update(func(t *tx) error {
			if err := t.Bucket(pendingTable).Put(c.ID.key(), nil); err != nil {
				return err
			}
			return t.Bucket(contentTable).Put(c.ID.chunk(n), chunk)
		})
		if err != nil {
			return c, err
		}
	}
}

// receive stages a body, and compares it with what was announced.
func (s *Service) receive(body *payload) (*staged, error) {
	c, err := s.stage(body, body.size)
	if err != nil {
		return nil, err
	}
	if err := body.verify(); err != nil {
		s.abandon(c)
		return nil, err
	}
	return c, nil
}

// abandon removes a content that was staged and that no object got.
func (s *Service) abandon(c *staged) {
	if c != nil && c.Size >= chunkSize {
		_ = s.update(func(t *tx) error { return t.removeContent(c.ID) }) // otherwise the next start removes it
	}
}

// keep completes a content: an object has it.
func (t *tx) keep(c *staged) (blob, error) {
	if len(c.rest) > 0 {
		if err := t.Bucket(contentTable).Put(c.ID.chunk(c.Size/chunkSize), c.rest); err != nil {
			return c.blob, err
		}
	}
	return c.blob, t.Bucket(pendingTable).Delete(c.ID.key())
}

// discard removes a content that no object has any more, as soon as nobody reads it.
func (t *tx) discard(id blobID) error {
	if t.s.pins.doom(id) {
		return t.Bucket(pendingTable).Put(id.key(), nil)
	}
	return t.removeContent(id)
}

func (t *tx) removeContent(id blobID) error {
	cursor := t.Bucket(contentTable).Cursor()
	for key, _ := cursor.Seek(id.key()); bytes.HasPrefix(key, id.key()); key, _ = cursor.Seek(id.key()) {
		if err := cursor.Delete(); err != nil {
			return err
		}
	}
	return t.Bucket(pendingTable).Delete(id.key())
}

// pins counts who reads a content.
type pins struct {
	mu sync.Mutex
	of map[blobID]*pin
}

type pin struct {
	readers int
	doomed  bool // to be removed after the last reader
}

// doom reports whether somebody reads a content, and has the last of them remove it.
func (p *pins) doom(id blobID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of[id] == nil {
		return false
	}
	p.of[id].doomed = true
	return true
}

// content reads contents, one after the other. It must be closed. The contents stay as they are until then.
type content struct {
	s      *Service
	blobs  []blob
	pinned []blob
	offset int64 // in the first blob
	left   int64
	chunk  []byte // what is read already
}

// open returns a reader of contents. It is called in the transaction that has found them.
func (t *tx) open(blobs []blob) *content {
	c := &content{s: t.s, blobs: blobs, pinned: blobs}
	t.s.pins.mu.Lock()
	defer t.s.pins.mu.Unlock()
	for _, b := range blobs {
		c.left += b.Size
		if t.s.pins.of[b.ID] == nil {
			t.s.pins.of[b.ID] = &pin{}
		}
		t.s.pins.of[b.ID].readers++
	}
	return c
}

// section has the reader read only length bytes from start on.
func (c *content) section(start, length int64) {
	c.offset, c.left = start, length
	for len(c.blobs) > 0 && c.offset >= c.blobs[0].Size {
		c.offset -= c.blobs[0].Size
		c.blobs = c.blobs[1:]
	}
}

// Read implements io.Reader.
func (c *content) Read(into []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	if len(c.chunk) == 0 {
		if err := c.load(); err != nil {
			return 0, err
		}
	}
	n := copy(into, c.chunk[:min(int64(len(c.chunk)), c.left)])
	c.chunk = c.chunk[n:]
	c.left -= int64(n)
	return n, nil
}

// load copies the next chunk from the database, whose memory is valid in a transaction only.
func (c *content) load() error {
	for len(c.blobs) > 0 && c.offset >= c.blobs[0].Size {
		c.offset = 0
		c.blobs = c.blobs[1:]
	}
	if len(c.blobs) == 0 {
		return io.ErrUnexpectedEOF
	}
	return c.s.view(func(t *tx) error {
		value := t.Bucket(contentTable).Get(c.blobs[0].ID.chunk(c.offset / chunkSize))
		at := c.offset % chunkSize
		if int64(len(value)) <= at {
			return io.ErrUnexpectedEOF
		}
		end := min(int64(len(value)), at+c.left)
		c.chunk = bytes.Clone(value[at:end])
		c.offset += end - at
		return nil
	})
}

// Close implements io.Closer.
func (c *content) Close() error {
	var doomed []blobID
	c.s.pins.mu.Lock()
	for _, b := range c.pinned {
		p := c.s.pins.of[b.ID]
		if p.readers--; p.readers == 0 {
			delete(c.s.pins.of, b.ID)
			if p.doomed {
				doomed = append(doomed, b.ID)
			}
		}
	}
	c.s.pins.mu.Unlock()
	c.pinned = nil
	if len(doomed) == 0 {
		return nil
	}
	return c.s.update(func(t *tx) error {
		for _, id := range doomed {
			if t.Bucket(pendingTable).Get(id.key()) == nil {
				continue // the change that had removed it failed
			}
			if err := t.removeContent(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// nextBlob returns a reader of the next content only.
func (c *content) nextBlob() io.Reader {
	b := c.blobs[0]
	c.blobs = c.blobs[1:]
	return &content{s: c.s, blobs: []blob{b}, left: b.Size}
}

// importContent stores a content in a transaction.
func (t *tx) importContent(body io.Reader) (blob, error) {
	c := newStaged()
	for {
		chunk, err := readChunk(body, -1)
		if err != nil {
			return c.blob, err
		}
		if len(chunk) < chunkSize {
			c.rest, c.Size = chunk, c.Size+int64(len(chunk))
			return t.keep(c)
		}
		if err := t.Bucket(contentTable).Put(c.ID.chunk(c.Size/chunkSize), chunk); err != nil {
			return c.blob, err
		}
		c.Size += chunkSize
	}
}
