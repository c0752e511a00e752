package s3

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

// The tables of the database. Values are JSON, but content is as it is.
var (
	bucketTable  = []byte("buckets")  // name → bucket
	versionTable = []byte("versions") // bucket 0 key 0 n → version; n is smaller for newer versions
	uploadTable  = []byte("uploads")  // bucket 0 key 0 upload ID → upload
	partTable    = []byte("parts")    // upload ID, number → part
	contentTable = []byte("content")  // blob ID, number → a chunk
	pendingTable = []byte("pending")  // blob ID: no object has it, yet or any more
)

func tables() [][]byte {
	return [][]byte{bucketTable, versionTable, uploadTable, partTable, contentTable, pendingTable}
}

// lockTimeout is how long Open waits for another process, which may be just ending.
const lockTimeout = 3 * time.Second

// ErrInUse is the error of Open for a file that another process has open.
var ErrInUse = bolterrors.ErrTimeout

// Open opens the state in a file. Each change is on disk before the client gets its answer, so that an acknowledged
// change survives a SIGKILL and a loss of power.
func Open(path string) (*Service, error) {
	return open(path, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType})
}

// OpenMemory makes an empty state in memory. It is the same database, in a file that has no name and no disk.
func OpenMemory() (*Service, error) {
	return open("memory", &bolt.Options{
		NoSync: true, NoGrowSync: true, NoFreelistSync: true, FreelistType: bolt.FreelistMapType,
		OpenFile: func(string, int, os.FileMode) (*os.File, error) { return nameless() },
	})
}

// nameless creates a file without a name: in memory, or on the disk where the kernel or a sandbox does not allow that.
// The kernel removes it when the process ends.
func nameless() (*os.File, error) {
	fd, inMemory := unix.MemfdCreate("s3", unix.MFD_CLOEXEC)
	if inMemory == nil {
		return os.NewFile(uintptr(fd), "s3"), nil
	}
	file, err := os.CreateTemp("", "s3-")
	if err != nil {
		return nil, fmt.Errorf("cannot create a file in memory: %w, nor on the disk: %w", inMemory, err)
	}
	return file, os.Remove(file.Name())
}

func open(path string, options *bolt.Options) (*Service, error) {
	var db *bolt.DB
	err := guarded(func() (err error) {
		db, err = bolt.Open(path, 0o600, options)
		return err
	})
	if err != nil {
		return nil, err
	}
	s := &Service{db: db, pins: pins{of: map[blobID]*pin{}}}
	isReady := false
	err = s.view(func(t *tx) error {
		isReady = t.isReady()
		return nil
	})
	if err == nil && !isReady { // a change costs the start two writes to the disk
		err = s.update(prepare)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// isReady reports whether prepare has nothing to do.
func (t *tx) isReady() bool {
	for _, name := range tables() {
		if t.Bucket(name) == nil {
			return false
		}
	}
	pending, _ := t.Bucket(pendingTable).Cursor().First()
	return pending == nil
}

// prepare makes the tables, and removes the content of uploads that a kill has interrupted.
func prepare(t *tx) error {
	for _, name := range tables() {
		if _, err := t.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	var pending []blobID
	err := t.Bucket(pendingTable).ForEach(func(id, _ []byte) error {
		pending = append(pending, blobID(binary.BigEndian.Uint64(id)))
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range pending {
		if err := t.removeContent(id); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the state. No request may be running.
func (s *Service) Close() error { return s.db.Close() }

// Reset removes everything, but the content of uploads that are running: these remove it if they fail.
func (s *Service) Reset() error {
	return s.update(func(t *tx) error {
		var used []blobID
		err := t.Bucket(contentTable).ForEach(func(key, _ []byte) error {
			id := blobID(binary.BigEndian.Uint64(key))
			isKnown := len(used) > 0 && used[len(used)-1] == id
			if !isKnown && !t.isPending(id) {
				used = append(used, id)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, id := range used {
			if err := t.discard(id); err != nil {
				return err
			}
		}
		for _, name := range [][]byte{bucketTable, versionTable, uploadTable, partTable} {
			if err := t.DeleteBucket(name); err != nil {
				return err
			}
			if _, err := t.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// isPending reports whether no object has a content, yet or any more. Who uploads it or reads it removes it.
func (t *tx) isPending(id blobID) bool {
	key, _ := t.Bucket(pendingTable).Cursor().Seek(id.key())
	return bytes.Equal(key, id.key())
}

// Buckets lists the buckets of all accounts, by name.
func (s *Service) Buckets() (list []Bucket, err error) {
	err = s.view(func(t *tx) error {
		return t.Bucket(bucketTable).ForEach(func(name, value []byte) error {
			var b bucket
			if err := json.Unmarshal(value, &b); err != nil {
				return err
			}
			list = append(list, Bucket{string(name), b.Account, b.Region})
			return nil
		})
	})
	return list, err
}

// tx is a transaction.
type tx struct {
	*bolt.Tx
	s *Service
}

// update changes the state, or leaves it as it was if do fails.
func (s *Service) update(do func(*tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return guarded(func() error {
		return s.db.Update(func(t *bolt.Tx) error { return do(&tx{t, s}) })
	})
}

// view reads the state.
func (s *Service) view(do func(*tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return guarded(func() error {
		return s.db.View(func(t *bolt.Tx) error { return do(&tx{t, s}) })
	})
}

// guarded makes an error of a panic, also where a page of the file cannot be read: bbolt checks only the file's
// beginning, and panics or faults where the rest is damaged or missing.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the state may be damaged: %v", cause)
		}
	}()
	return do()
}

// put stores a value as JSON.
func (t *tx) put(table, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return t.Bucket(table).Put(key, text)
}

// get reads a value. It reports whether there is one.
func (t *tx) get(table, key []byte, value any) (bool, error) {
	text := t.Bucket(table).Get(key)
	if text == nil {
		return false, nil
	}
	return true, json.Unmarshal(text, value)
}
