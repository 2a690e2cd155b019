; SPDX-License-Identifier: MIT
;
; trampoline.asm - the first instructions of every CPU but the boot CPU.
;
; Model. A start-up IPI makes a CPU execute, in real mode, at CS:IP =
; page:0000 with a page number below 1 MiB that fits the IPI's vector. The
; boot CPU copies trampoline_start..trampoline_end into such a page and fills
; in the words at trampoline_patch. The code goes from real mode to long mode
; in one step (PE and PG together), on small page tables of its own that map
; just this page at its physical address, and the kernel's half. Then it jumps
; high, leaves those tables for the kernel's and looks up, by its APIC id,
; which CPU it is.
;
; Position. Only one page, run at an address chosen at run time: every operand
; is relative to DS = CS in real mode; the two absolute pointers (GDT base and
; the far jump) are patched.
;
; Invariants.
;   I1  Nothing here writes to the page: it is mapped read-only, and several
;       CPUs may run through it at once.
;   I2  No stack is used before the CPU owns one.
;   I3  A CPU goes on only if it moved its state from AP_STARTING to AP_ALIVE;
;       one that was given up halts for ever.
;
; References. Intel SDM vol. 3A, "Multiple-Processor (MP) Initialization",
; "Initializing IA-32e Mode".

%include "asm-offsets.inc"

CR0_WANTED  equ 0x80010033		; PG WP NE ET MP PE; clears CD and NW
CR4_WANTED  equ 0xa0			; PAE PGE
MSR_EFER    equ 0xc0000080
MSR_GS_BASE equ 0xc0000101

extern ap_boot_table
extern ap_start
extern nr_ap_boot
extern kernel_cr3
extern boot_idt_ptr

global trampoline_start
global trampoline_end
global trampoline_patch

section .rodata progbits alloc noexec nowrite align=16
bits 16

trampoline_start:
	cli
	cld
	mov ax, cs
	mov ds, ax
	o32 lgdt [gdt_ptr - trampoline_start]
	mov eax, CR4_WANTED
	mov cr4, eax
	mov eax, [patch_cr3 - trampoline_start]
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, [patch_efer - trampoline_start]
	wrmsr
	mov eax, CR0_WANTED
	mov cr0, eax
	jmp dword far [far_ptr - trampoline_start]

bits 64
trampoline_long:
	mov rax, ap_long_mode		; absolute, high
	jmp rax

	align 16
gdt:
	dq 0, 0
	dq 0x00af9b000000ffff		; KERNEL_CS, as in gdt.h
	dq 0x00cf93000000ffff		; KERNEL_DS
gdt_end:

	align 8
; What the boot CPU fills in; struct trampoline_patch in smp_boot.c
trampoline_patch:
patch_cr3:	dd 0			; physical, below 4 GiB
patch_efer:	dd 0			; bits to set in EFER
gdt_ptr:	dw gdt_end - gdt - 1
		dd gdt - trampoline_start	; + physical base
far_ptr:	dd trampoline_long - trampoline_start	; + physical base
		dw KERNEL_CS
trampoline_end:

section .text.entry progbits alloc exec nowrite align=16
bits 64

; High now. No stack, no GS. Which CPU is this?
ap_long_mode:
	mov eax, KERNEL_DS		; while its descriptor is still mapped
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	lldt ax
	mov rax, [kernel_cr3]
	mov cr3, rax			; leaves the trampoline's tables

	xor eax, eax
	cpuid
	cmp eax, 0xb
	jb .legacy_id
	mov eax, 0xb			; extended topology: 32-bit id in EDX
	xor ecx, ecx
	cpuid
	test ebx, ebx			; 0: the leaf is not there after all
	jz .legacy_id
	mov r8d, edx
	jmp .search
.legacy_id:
	mov eax, 1
	cpuid
	shr ebx, 24
	mov r8d, ebx

.search:
	mov rsi, ap_boot_table
	xor edi, edi			; becomes the CPU number
.next:
	cmp edi, [nr_ap_boot]
	jae .halt			; nobody asked for this CPU
	cmp [rsi + AP_BOOT_APIC_ID], r8d
	jne .skip
	cmp dword [rsi + AP_BOOT_STATE], 0	; AP_ABSENT: the boot CPU's
	jne .found
.skip:
	add rsi, AP_BOOT_SIZE
	inc edi
	jmp .next

.found:
	mov eax, AP_STARTING
	mov ecx, AP_ALIVE
	lock cmpxchg [rsi + AP_BOOT_STATE], ecx
	jne .halt			; I3: too late

	mov rsp, [rsi + AP_BOOT_STACK]
	mov rax, [rsi + AP_BOOT_GS_BASE]
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_GS_BASE
	wrmsr
	mov rax, boot_idt_ptr
	lidt [rax]
	xor ebp, ebp			; ends every backtrace
	call ap_start
	ud2

.halt:
	cli
	hlt
	jmp .halt
