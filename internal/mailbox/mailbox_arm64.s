#include "go_asm.h"
#include "textflag.h"

#define SI_CODE 8  // offsets in siginfo_t
#define SI_PID 16
#define SIGPIPE 13
#define SYS_rt_sigreturn 139
#define SYS_futex 98
#define SYS_exit_group 94
#define FUTEX_WAKE_PRIVATE 129

// receive is the signal handler: R0 is the signal, R1 its siginfo, R30 where to return to. The
// kernel restores every register afterwards, and no other signal comes in between. It runs on any
// thread and touches nothing of Go's. See Queue.
TEXT receive<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVD $·Signals(SB), R9

	// Sent by a process, or nothing to the runtime? Else it is the runtime's, as if it had been
	// called by the kernel.
	MOVW SI_CODE(R1), R10
	MOVD $Queue_previous(R9), R11
	MOVD (R11)(R0<<3), R11
	CBZ  R11, ours
	CBZW R10, ours  // SI_USER
	CMNW $1, R10    // SI_QUEUE
	BEQ  ours
	JMP  (R11)

ours:
	// A child of ours that has not executed its program yet shares this memory, not the signal.
	MOVD  R0, R14
	MOVD  $const_sysGetpid, R8
	SVC
	MOVWU Queue_self(R9), R11
	CMPW  R0, R11
	BNE   done
	MOVD  R14, R0

	// What PID 1 sends to a thread of its own is the end that the Go runtime makes of a signal that
	// it got just before us: with exit code 2, because PID 1 does not die of it.
	MOVWU SI_PID(R1), R10
	CMPW  $1, R11
	BNE   pipe
	CMPW  R10, R11
	BNE   pipe
	MOVW  SI_CODE(R1), R12
	CMNW  $6, R12 // SI_TKILL
	BNE   pipe
	ADDW  $128, R0
	MOVD  $SYS_exit_group, R8
	SVC

pipe:
	// SIGPIPE for a write of our own is over with the error of that write.
	CMPW $SIGPIPE, R0
	BNE  count
	CMPW R10, R11
	BEQ  done

count:
	MOVD $Queue_Count(R9), R11
	ADD  R0<<2, R11

more:
	LDAXRW (R11), R12
	ADDW   $1, R12
	STLXRW R12, (R11), R13
	CBNZW  R13, more

	MOVD $Queue_Queued(R9), R11
	ADD  R0<<2, R11
	MOVW $1, R14

list:
	LDAXRW (R11), R12
	STLXRW R14, (R11), R13
	CBNZW  R13, list
	CBNZW  R12, done

	MOVD $Queue_Tail(R9), R11

ticket:
	LDAXRW (R11), R12
	ADDW   $1, R12, R14
	STLXRW R14, (R11), R13
	CBNZW  R13, ticket
	ANDW   $(const_Size-1), R12
	MOVD   $Queue_Ring(R9), R14
	ADD    R12<<2, R14
	STLRW  R0, (R14)

	MOVD R11, R0
	MOVD $FUTEX_WAKE_PRIVATE, R1
	MOVD $1, R2
	MOVD $SYS_futex, R8
	SVC

done:
	RET

// restorer is what receive returns to.
TEXT restorer<>(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVD $SYS_rt_sigreturn, R8
	SVC
	BRK

// func addresses() (receive, restorer uintptr)
TEXT ·addresses(SB), NOSPLIT, $0-16
	MOVD $receive<>(SB), R0
	MOVD R0, receive+0(FP)
	MOVD $restorer<>(SB), R0
	MOVD R0, restorer+8(FP)
	RET

// func syscall4(number, a, b, c, d uintptr) (result uintptr)
TEXT ·syscall4(SB), NOSPLIT, $0-48
	MOVD number+0(FP), R8
	MOVD a+8(FP), R0
	MOVD b+16(FP), R1
	MOVD c+24(FP), R2
	MOVD d+32(FP), R3
	SVC
	MOVD R0, result+40(FP)
	RET
