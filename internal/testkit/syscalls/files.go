package syscalls

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// What the calls that a test asks for are usually about, old calls of the architecture included.
var (
	Forks    = both(oldForks, unix.SYS_CLONE, unix.SYS_CLONE3)
	Opens    = both(oldOpens, unix.SYS_OPENAT, unix.SYS_OPENAT2)
	Renames  = both(oldRenames, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2)
	Removals = both(oldRemovals, unix.SYS_UNLINKAT)
	Syncs    = []uintptr{unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_SYNCFS}
	Writes   = []uintptr{
		unix.SYS_WRITE, unix.SYS_WRITEV, unix.SYS_PWRITE64, unix.SYS_PWRITEV, unix.SYS_PWRITEV2,
	}
)

// both has no room to grow: tests append to it side by side.
func both(old []uintptr, current ...uintptr) []uintptr { return slices.Clip(append(current, old...)) }

func isPlainFork(number uintptr) bool { return slices.Contains(oldForks, number) }

// subject tells which files a system call is about.
type subject struct {
	name       string
	descriptor bool // the first argument is one
	paths      []place
}

// place tells which arguments hold a path and the directory that it is relative to.
type place struct{ directory, path int }

// working stands for the caller's working directory.
const working = -1

var subjects = allSubjects()

func allSubjects() map[uintptr]subject {
	all := map[uintptr]subject{
		unix.SYS_CLONE:      {name: "clone"},
		unix.SYS_CLONE3:     {name: "clone3"},
		unix.SYS_PIPE2:      {name: "pipe2"},
		unix.SYS_OPENAT:     {name: "openat", paths: []place{{0, 1}}},
		unix.SYS_OPENAT2:    {name: "openat2", paths: []place{{0, 1}}},
		unix.SYS_UNLINKAT:   {name: "unlinkat", paths: []place{{0, 1}}},
		unix.SYS_MKDIRAT:    {name: "mkdirat", paths: []place{{0, 1}}},
		unix.SYS_STATX:      {name: "statx", paths: []place{{0, 1}}},
		unix.SYS_FACCESSAT:  {name: "faccessat", paths: []place{{0, 1}}},
		unix.SYS_EXECVE:     {name: "execve", paths: []place{{working, 0}}},
		unix.SYS_RENAMEAT:   {name: "renameat", paths: []place{{0, 1}, {2, 3}}},
		unix.SYS_RENAMEAT2:  {name: "renameat2", paths: []place{{0, 1}, {2, 3}}},
		unix.SYS_LINKAT:     {name: "linkat", paths: []place{{0, 1}, {2, 3}}},
		unix.SYS_FSYNC:      {name: "fsync", descriptor: true},
		unix.SYS_FDATASYNC:  {name: "fdatasync", descriptor: true},
		unix.SYS_SYNCFS:     {name: "syncfs", descriptor: true},
		unix.SYS_FTRUNCATE:  {name: "ftruncate", descriptor: true},
		unix.SYS_FALLOCATE:  {name: "fallocate", descriptor: true},
		unix.SYS_FLOCK:      {name: "flock", descriptor: true},
		unix.SYS_FCHMOD:     {name: "fchmod", descriptor: true},
		unix.SYS_READ:       {name: "read", descriptor: true},
		unix.SYS_PREAD64:    {name: "pread64", descriptor: true},
		unix.SYS_WRITE:      {name: "write", descriptor: true},
		unix.SYS_WRITEV:     {name: "writev", descriptor: true},
		unix.SYS_PWRITE64:   {name: "pwrite64", descriptor: true},
		unix.SYS_PWRITEV:    {name: "pwritev", descriptor: true},
		unix.SYS_PWRITEV2:   {name: "pwritev2", descriptor: true},
		unix.SYS_GETDENTS64: {name: "getdents64", descriptor: true},
	}
	maps.Copy(all, oldSubjects)
	return all
}

// Files are the absolute paths that the call is about, as the caller sees them, symbolic links
// included; for a descriptor what /proc shows, such as "pipe:[4711]". A call that is not known to
// name files has none.
func (c *Call) Files() []string {
	subject := subjects[c.Number]
	if subject.descriptor {
		return []string{c.file(int32(c.Args[0]))}
	}
	var files []string
	for _, place := range subject.paths {
		path := c.text(c.Args[place.path])
		if !filepath.IsAbs(path) {
			directory := int32(unix.AT_FDCWD)
			if place.directory != working {
				directory = int32(c.Args[place.directory])
			}
			path = filepath.Join(c.file(directory), path)
		}
		files = append(files, filepath.Clean(path))
	}
	return files
}

// file is what a descriptor of the caller refers to.
func (c *Call) file(descriptor int32) string {
	link := fmt.Sprintf("/proc/%d/fd/%d", c.TID, descriptor)
	if descriptor == unix.AT_FDCWD {
		link = fmt.Sprintf("/proc/%d/cwd", c.TID)
	}
	name, _ := os.Readlink(link) // of a caller that was killed there is none
	return name
}

// text is the string at an address of the caller.
func (c *Call) text(address uint64) string {
	buffer := make([]byte, unix.PathMax)
	text, _, _ := bytes.Cut(buffer[:c.read(buffer, address)], []byte{0})
	return string(text)
}

// read copies the caller's memory, up to the first page that is not there.
func (c *Call) read(buffer []byte, address uint64) int {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", c.TID))
	if err != nil {
		return 0
	}
	defer memory.Close()
	n, _ := memory.ReadAt(buffer, int64(address))
	return n
}
