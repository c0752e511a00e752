package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// elf is the beginning of a program file in the Executable and Linking Format (System V ABI, chapters 4 and
// 5). What does not stand in it counts as zero.
type elf []byte

// machines are the numbers of e_machine (System V ABI) as Docker's platforms are called.
var machines = map[uint64]string{
	3: "386", 8: "mips", 21: "ppc64", 22: "s390x", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 258: "loong64",
}

// flaw says why the kernel does not run the program. err is the error of execve; nil if it was not called.
func (e elf) flaw(err error) string {
	const object, core, header, damaged = 1, 4, 20, "it is damaged or incomplete"
	if len(e) < header {
		return damaged
	}
	foreign := ""
	if platform := e.platform(); platform != thisMachine {
		foreign = fmt.Sprintf("it is a program for %s, and this machine is %s: use a build for %[2]s", platform, thisMachine)
	}
	if kind := e.number(16, 2); foreign == "" && (kind == object || kind == core) {
		return "it is an object file or a core file, not a program"
	}
	// ENOENT means that the kernel does run programs for that machine, but that their loader is missing.
	loader := e.loader()
	switch {
	case foreign != "" && !errors.Is(err, unix.ENOENT):
		return foreign
	case loader != "" && !exists(loader) && foreign != "":
		return fmt.Sprintf("its loader %.100q does not exist in this image: %s", loader, foreign)
	case loader != "" && !exists(loader):
		return fmt.Sprintf("its loader %.100q does not exist in this image: use a build for this image's C library%s",
			loader, library(loader))
	case foreign != "":
		return foreign + "; the interpreter for such programs (binfmt_misc) does not exist here"
	case loader != "" && !isExecutable(loader):
		return fmt.Sprintf("its loader %.100q is not executable", loader)
	case err == nil:
		return ""
	}
	return damaged
}

// platform is the system and the machine that it is built for, such as "linux/arm64".
func (e elf) platform() string {
	number := e.number(18, 2)
	if name, known := machines[number]; known {
		return "linux/" + name
	}
	return fmt.Sprintf("linux/machine type %d", number)
}

// library is the C library that has a loader.
func library(loader string) string {
	switch {
	case strings.Contains(loader, "/ld-musl"):
		return ", which is not musl"
	case strings.Contains(loader, "/ld-linux"):
		return ", which is not glibc"
	}
	return ""
}

// loader is the path of the program interpreter, empty when there is none.
func (e elf) loader() string {
	// Where the parts of the header and of a program header stand, and their size.
	type layout struct{ word, headers, entry, count, offset, size int }
	parts := layout{word: 4, headers: 28, entry: 42, count: 44, offset: 4, size: 16}
	if e.is64() {
		parts = layout{word: 8, headers: 32, entry: 54, count: 56, offset: 8, size: 32}
	}
	const interpreter = 3 // PT_INTERP
	at := e.number(parts.headers, parts.word)
	for range e.number(parts.count, 2) {
		if at >= uint64(len(e)) {
			return ""
		}
		if e.number(int(at), 4) == interpreter {
			from, size := e.number(int(at)+parts.offset, parts.word), e.number(int(at)+parts.size, parts.word)
			if from > uint64(len(e)) || size > uint64(len(e))-from {
				return ""
			}
			path, _, _ := bytes.Cut(e[from:from+size], []byte{0})
			return string(path)
		}
		at += e.number(parts.entry, 2)
	}
	return ""
}

func (e elf) is64() bool { return e.number(4, 1) == 2 }

// number is the unsigned number of so many bytes at an offset, in the file's own byte order.
func (e elf) number(at, size int) (number uint64) {
	var field [8]byte
	if at < 0 || at > len(e)-size {
		return 0
	}
	const littleEndian = 1
	if size > 1 && e.number(5, 1) == littleEndian {
		copy(field[:], e[at:at+size])
		return binary.LittleEndian.Uint64(field[:])
	}
	copy(field[8-size:], e[at:at+size])
	return binary.BigEndian.Uint64(field[:])
}
