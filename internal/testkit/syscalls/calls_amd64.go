package syscalls

import "golang.org/x/sys/unix"

const architecture = unix.AUDIT_ARCH_X86_64

// The calls that newer architectures do without.
var (
	oldForks    = []uintptr{unix.SYS_FORK, unix.SYS_VFORK}
	oldOpens    = []uintptr{unix.SYS_OPEN, unix.SYS_CREAT}
	oldRenames  = []uintptr{unix.SYS_RENAME}
	oldRemovals = []uintptr{unix.SYS_UNLINK}

	oldSubjects = map[uintptr]subject{
		unix.SYS_FORK:   {name: "fork"},
		unix.SYS_VFORK:  {name: "vfork"},
		unix.SYS_PIPE:   {name: "pipe"},
		unix.SYS_OPEN:   {name: "open", paths: []place{{working, 0}}},
		unix.SYS_CREAT:  {name: "creat", paths: []place{{working, 0}}},
		unix.SYS_UNLINK: {name: "unlink", paths: []place{{working, 0}}},
		unix.SYS_MKDIR:  {name: "mkdir", paths: []place{{working, 0}}},
		unix.SYS_RENAME: {name: "rename", paths: []place{{working, 0}, {working, 1}}},
		unix.SYS_LINK:   {name: "link", paths: []place{{working, 0}, {working, 1}}},
	}
)
