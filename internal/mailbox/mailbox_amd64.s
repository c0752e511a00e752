#include "go_asm.h"
#include "textflag.h"

#define SI_CODE 8  // offsets in siginfo_t
#define SI_PID 16
#define SI_QUEUE -1
#define SI_TKILL -6
#define SIGPIPE 13
#define SYS_rt_sigreturn 15
#define SYS_futex 202
#define SYS_exit_group 231
#define FUTEX_WAKE_PRIVATE 129

// receive is the signal handler: DI is the signal, SI its siginfo. The kernel restores every
// register afterwards, and no other signal comes in between. It runs on any thread and touches
// nothing of Go's. See Queue.
TEXT receive<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	LEAQ ·Signals(SB), CX

	// Sent by a process, or nothing to the runtime? Else it is the runtime's, as if it had been
	// called by the kernel.
	MOVL  SI_CODE(SI), R8
	MOVQ  Queue_previous(CX)(DI*8), R9
	TESTQ R9, R9
	JZ    ours
	TESTL R8, R8 // SI_USER
	JZ    ours
	CMPL  R8, $SI_QUEUE
	JEQ   ours
	JMP   R9

ours:
	// A child of ours that has not executed its program yet shares this memory, not the signal.
	MOVL $const_sysGetpid, AX
	SYSCALL
	LEAQ ·Signals(SB), CX // which the kernel did not keep
	CMPL AX, Queue_self(CX)
	JNE  done

	// What PID 1 sends to a thread of its own is the end that the Go runtime makes of a signal that
	// it got just before us: with exit code 2, because PID 1 does not die of it.
	MOVL SI_PID(SI), R8
	CMPL AX, $1
	JNE  pipe
	CMPL R8, AX
	JNE  pipe
	CMPL SI_CODE(SI), $SI_TKILL
	JNE  pipe
	ADDL $128, DI
	MOVL $SYS_exit_group, AX
	SYSCALL

pipe:
	// SIGPIPE for a write of our own is over with the error of that write.
	CMPL DI, $SIGPIPE
	JNE  count
	CMPL R8, AX
	JEQ  done

count:
	LOCK
	INCL  Queue_Count(CX)(DI*4)
	MOVL  $1, AX
	XCHGL AX, Queue_Queued(CX)(DI*4)
	TESTL AX, AX
	JNZ   done

	MOVL  $1, AX
	LOCK
	XADDL AX, Queue_Tail(CX)
	ANDL  $(const_Size-1), AX
	XCHGL DI, Queue_Ring(CX)(AX*4)

	LEAQ Queue_Tail(CX), DI
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

// func syscall4(number, a, b, c, d uintptr) (result uintptr)
TEXT ·syscall4(SB), NOSPLIT, $0-48
	MOVQ number+0(FP), AX
	MOVQ a+8(FP), DI
	MOVQ b+16(FP), SI
	MOVQ c+24(FP), DX
	MOVQ d+32(FP), R10
	SYSCALL
	MOVQ AX, result+40(FP)
	RET
