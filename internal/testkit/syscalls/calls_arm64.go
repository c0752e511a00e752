package syscalls

import "golang.org/x/sys/unix"

const architecture = unix.AUDIT_ARCH_AARCH64

// There are no old calls here.
var (
	oldForks, oldOpens, oldRenames, oldRemovals []uintptr

	oldSubjects map[uintptr]subject
)
