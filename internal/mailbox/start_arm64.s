#include "go_asm.h"
#include "textflag.h"

#define SYS_exit_group 94

// take makes end the handler of a signal.
#define take(signal) \
	MOVD $signal, R0               \
	MOVD $ending<>(SB), R1         \
	MOVD ZR, R2                    \
	MOVD $(const_Last/8), R3       \
	MOVD $const_sysSigaction, R8   \
	SVC

// _rt0_entrypoint is where the kernel starts a program that is linked with -E. See the package.
TEXT _rt0_entrypoint(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVD $const_sysGetpid, R8
	SVC
	CMPW $1, R0
	BNE  runtime
	take(const_terminate)
	take(const_interrupt)
	take(const_quit)
	take(const_hangup)

runtime:
	JMP _rt0_arm64_linux(SB)

// end is a signal handler that ends the process with 128+n; R0 is the signal.
TEXT end<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	ADDW $128, R0
	MOVD $SYS_exit_group, R8
	SVC
	BRK

// ending is end as an action.
DATA ending<>+0(SB)/8, $end<>(SB)
DATA ending<>+8(SB)/8, $(const_withRestorer+const_onStack)
DATA ending<>+16(SB)/8, $end<>(SB)
DATA ending<>+24(SB)/8, $0
GLOBL ending<>(SB), RODATA|NOPTR, $32
