#include "go_asm.h"
#include "textflag.h"

#define SI_CODE 8  // offsets in siginfo_t
#define SI_PID 16
#define SI_QUEUE -1
#define SIGPIPE 13
#define SYS_rt_sigreturn 15
#define SYS_getpid 39
#define SYS_futex 202
#define FUTEX_WAKE_PRIVATE 129

// receive is the signal handler: DI is the signal, SI its siginfo. The kernel restores every
// register afterwards, and no other signal comes in between. It runs on any thread and touches
// nothing of Go's. See mailbox.
TEXT receive<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	LEAQ ·box(SB), CX

	// Sent by a process, or nothing to the runtime? Else it is the runtime's, as if it had been
	// called by the kernel.
	MOVL  SI_CODE(SI), R8
	MOVQ  mailbox_before(CX)(DI*8), R9
	TESTQ R9, R9
	JZ    ours
	TESTL R8, R8 // SI_USER
	JZ    ours
	CMPL  R8, $SI_QUEUE
	JEQ   ours
	JMP   R9

ours:
	// A child of ours that has not executed its program yet shares this memory, not the signal.
	MOVL $SYS_getpid, AX
	SYSCALL
	LEAQ ·box(SB), CX // which the kernel did not keep
	CMPL AX, mailbox_self(CX)
	JNE  done

	// SIGPIPE for a write of our own is over with the error of that write.
	CMPL DI, $SIGPIPE
	JNE  count
	MOVL SI_PID(SI), R8
	CMPL R8, mailbox_self(CX)
	JEQ  done

count:
	LOCK
	INCL  mailbox_count(CX)(DI*4)
	MOVL  $1, AX
	XCHGL AX, mailbox_listed(CX)(DI*4)
	TESTL AX, AX
	JNZ   done

	MOVL  $1, AX
	LOCK
	XADDL AX, mailbox_tail(CX)
	ANDL  $(const_ringSize-1), AX
	XCHGL DI, mailbox_ring(CX)(AX*4)

	LEAQ mailbox_tail(CX), DI
	MOVL $FUTEX_WAKE_PRIVATE, SI
	MOVL $1, DX
	MOVL $SYS_futex, AX
	SYSCALL

done:
	RET

// restorer is what receive returns to.
TEXT restorer<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVQ $SYS_rt_sigreturn, AX
	SYSCALL
	INT  $3

// func addresses() (receive, restorer uintptr)
TEXT ·addresses(SB), NOSPLIT, $0-16
	LEAQ receive<>(SB), AX
	MOVQ AX, receive+0(FP)
	LEAQ restorer<>(SB), AX
	MOVQ AX, restorer+8(FP)
	RET
