; SPDX-License-Identifier: MIT
;
; entry.asm - what happens between an event and the C code that handles it.
;
; Model. Each of the 256 vectors has a stub of exactly 16 bytes. For some
; vectors the CPU pushes an error code, for most it does not; the stub pushes
; 0 where it is missing, so that every frame looks the same. Then it keeps
; RDI in its place in the frame, puts the vector into EDI and goes to the
; common path:
;
;	high	ss rsp rflags cs rip	pushed by the CPU
;		error code		by the CPU or the stub
;		rdi			by the stub
;		rsi rdx rcx rax r8 ... r15	by the common path
;	low	<- struct pt_regs
;
; The C side gets (regs, vector, error code). The slot of the error code then
; becomes orig_rax: -1 for exceptions, ~vector for interrupts; both negative,
; so that it never looks like a system call to be restarted (A IDT-10).
;
; Backtraces. RBP is set to the address of pt_regs plus 1. A frame pointer
; is even, so the walker recognises the odd value and goes on in the
; interrupted code (arch/x86_64/stacktrace.c).
;
; Invariants.
;   I1  Stub n starts at trap_stubs + 16 * n.
;   I2  The C handler is called with DF = 0 and a stack aligned to 16: the CPU
;       aligns RSP before it pushes its five words, and 5 + 16 words follow.
;   I3  Every register but the flags, RSP and RIP returns as it came, unless
;       the handler changed the frame.
;
; Limits. There is no user mode yet, so GS always holds the kernel's base and
; no entry has to swap it; trap_entry() asserts that.
;
; References. Intel SDM vol. 3A, "64-Bit Mode Stack Frame", "Exception and
; Interrupt Reference".

%include "asm-offsets.inc"

extern trap_entry
global trap_stubs

; 8, 10-14, 17, 21, 29, 30: the vectors with an error code (A INT-8)
%define HAS_ERROR_CODE(n) (((1 << 8 | 0x1f << 10 | 1 << 17 | 1 << 21 | \
	3 << 29) >> (n)) & 1)

section .text.entry progbits alloc exec nowrite align=16
bits 64

trap_stubs:
%assign vector 0
%rep 256
	align 16
%if vector > 31
	push byte 0
%elif HAS_ERROR_CODE(vector) == 0
	push byte 0
%endif
	push rdi
	mov edi, vector
	jmp strict near trap_common
%assign vector vector + 1
%endrep
	align 16

trap_common:
	push rsi
	push rdx
	push rcx
	push rax
	push r8
	push r9
	push r10
	push r11
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	cld
	mov esi, edi			; vector
	mov rdx, [rsp + PT_ORIG_RAX]	; error code
	mov rax, -1
	mov edi, esi
	not rdi				; ~vector, sign kept
	cmp esi, 32
	cmovae rax, rdi
	mov [rsp + PT_ORIG_RAX], rax
	mov rdi, rsp			; regs
	lea rbp, [rsp + 1]		; mark for the stack walker
	call trap_entry
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	pop r11
	pop r10
	pop r9
	pop r8
	pop rax
	pop rcx
	pop rdx
	pop rsi
	pop rdi
	add rsp, 8			; orig_rax
	iretq
