; SPDX-License-Identifier: MIT
;
; stack_call.asm - calling a function on another stack (<arch/stack_call.h>).
;
; Model. rbp keeps the old stack pointer, and as the callee saves it in its
;	frame, a walk of the frames goes on in the old stack by itself.
; Contexts. Any that may use the new stack. Limits. None.

bits 64
default rel
section .text

global arch_call_on_stack
arch_call_on_stack:
	push	rbp
	mov	rbp, rsp
	mov	rsp, rdx
	mov	rax, rdi
	mov	rdi, rsi
	call	rax
	mov	rsp, rbp
	pop	rbp
	ret
