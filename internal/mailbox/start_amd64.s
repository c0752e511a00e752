#include "go_asm.h"
#include "textflag.h"

#define SYS_exit_group 231

// take makes end the handler of a signal.
#define take(signal) \
	MOVL $signal, DI               \
	LEAQ ending<>(SB), SI          \
	XORL DX, DX                    \
	MOVL $(const_Last/8), R10      \
	MOVL $const_sysSigaction, AX   \
	SYSCALL

// _rt0_entrypoint is where the kernel starts a program that is linked with -E. See the package.
TEXT _rt0_entrypoint(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVL $const_sysGetpid, AX
	SYSCALL
	CMPL AX, $1
	JNE  runtime
	take(const_terminate)
	take(const_interrupt)
	take(const_quit)
	take(const_hangup)

runtime:
	JMP _rt0_amd64_linux(SB)

// end is a signal handler that ends the process with 128+n; DI is the signal.
TEXT end<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	ADDL $128, DI
	MOVL $SYS_exit_group, AX
	SYSCALL
	INT  $3

// ending is end as an action. The kernel wants a restorer, although end never returns.
DATA ending<>+0(SB)/8, $end<>(SB)
DATA ending<>+8(SB)/8, $(const_withRestorer+const_onStack)
DATA ending<>+16(SB)/8, $end<>(SB)
DATA ending<>+24(SB)/8, $0
GLOBL ending<>(SB), RODATA|NOPTR, $32
