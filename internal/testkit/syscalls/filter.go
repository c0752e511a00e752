package syscalls

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets in the kernel's struct seccomp_data.
const (
	offsetNumber       = 0
	offsetArchitecture = 4
	offsetArgument     = 16 + 8 // the second, low half first
)

// filter asks about the given system calls and lets all others pass, and those whose second argument
// is the address of the helper's message. The kernel took that at random: no other program has it.
func filter(numbers []uintptr, message unsafe.Pointer) []unix.SockFilter {
	address := uint64(uintptr(message))
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	compare := func(value uint32, same, other uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: value, Jt: same, Jf: other}
	}
	end := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}

	code := []unix.SockFilter{
		load(offsetArgument), compare(uint32(address), 0, 3),
		load(offsetArgument + 4), compare(uint32(address>>32), 0, 1), end(unix.SECCOMP_RET_ALLOW),
		// A 32 bit program has numbers of its own.
		load(offsetArchitecture), compare(architecture, 1, 0), end(unix.SECCOMP_RET_ALLOW),
		load(offsetNumber),
	}
	for _, number := range numbers {
		code = append(code, compare(uint32(number), 0, 1), end(unix.SECCOMP_RET_USER_NOTIF))
	}
	return append(code, end(unix.SECCOMP_RET_ALLOW))
}

// install puts this thread, and what it executes and starts, behind a filter, and returns the
// descriptor that tells of calls. Without no_new_privs, which the program would see, that takes
// CAP_SYS_ADMIN.
//
//go:norace
func install(code []unix.SockFilter) (listener int, errno unix.Errno) {
	flags := uintptr(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW)
	// A signal would interrupt a call that is held, and the program would make it once more.
	listener, errno = seccomp(flags|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, code)
	if errno == unix.EINVAL { // before Linux 5.19
		listener, errno = seccomp(flags, code)
	}
	return listener, errno
}

//go:norace
func seccomp(flags uintptr, code []unix.SockFilter) (int, unix.Errno) {
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP,
		unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(code)
	return int(fd), errno
}
