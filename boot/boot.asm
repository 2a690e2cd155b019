; SPDX-License-Identifier: MIT
;
; boot.asm - from a boot loader's 32-bit world to C in long mode.
;
; Purpose. Both entries arrive in 32-bit protected mode, paging off,
; interrupts off, flat segments, with EBX pointing to what the loader has to
; say. This file checks that the loader and the CPU are what we need, builds
; the first page tables, GDT, IDT and TSS, and calls arch_start(magic, info)
; at its high address.
;
; Order, and why.
;   1  check magic and CPU      nothing else makes sense without
;   2  clear .bss               the page tables lie in it; EBX is in ESI by now
;   3  page tables              they must be valid before paging starts
;   4  PAE, CR3, EFER, PG       in this order: PG with EFER.LME enters long mode
;   5  far jump                 loads a 64-bit CS; still at the low address
;   6  absolute jump            from now on code runs where it is linked
;   7  per-CPU copy, GS base    so that C may use per-CPU variables at once
;   8  GDT, IDT, TSS            so that a fault in C is reported, not fatal
;
; The first page tables map physical 0..4 GiB with 2 MiB pages three times:
;   at 0             because the instruction after "paging on" is fetched at
;                    its physical address (A BOOT-7)
;   at PAGE_OFFSET   so that C can follow physical pointers
;   at KERNEL_BASE   (first GiB) where the kernel is linked
; With CONFIG=kasan the shadow of the kernel half is mapped, too.
; They are writable and executable everywhere; arch/x86_64/paging.c replaces
; them by tables with the right permissions and without the identity half.
;
; References. Multiboot2 2.0 "I386 machine state"; Xen PVH start info; Intel
; SDM vol. 3A, "Initializing IA-32e Mode".

%include "asm-offsets.inc"

MULTIBOOT2_BOOTLOADER_MAGIC equ 0x36d76289
PVH_START_MAGIC             equ 0x336ec578

CR0_PE      equ 1 << 0
CR0_MP      equ 1 << 1
CR0_EM      equ 1 << 2
CR0_TS      equ 1 << 3
CR0_ET      equ 1 << 4
CR0_NE      equ 1 << 5
CR0_WP      equ 1 << 16
CR0_PG      equ 1 << 31
CR4_PAE     equ 1 << 5
CR4_PGE     equ 1 << 7
MSR_EFER    equ 0xc0000080
MSR_GS_BASE equ 0xc0000101
EFER_SCE    equ 1 << 0
EFER_LME    equ 1 << 8
EFER_NXE    equ 1 << 11
CPUID_LM    equ 1 << 29		; leaf 0x80000001 EDX
CPUID_NX    equ 1 << 20		; leaf 0x80000001 EDX
EFLAGS_ID   equ 1 << 21

PTE_PRESENT equ 1 << 0
PTE_WRITE   equ 1 << 1
PTE_LARGE   equ 1 << 7

COM1        equ 0x3f8
VGA_TEXT    equ 0xb8000

; Where a linked-high symbol is loaded.
%define PHYS(sym) ((sym) - KERNEL_BASE)

extern arch_start
extern __bss_start
extern __bss_end
extern __per_cpu_start
extern __per_cpu_end
extern cpu0_percpu
extern init_stack
extern init_stack_end
extern trap_stubs

global multiboot2_entry
global pvh_entry
global boot_pml4
global idt_table
global boot_idt_ptr

section .boot.text progbits alloc exec nowrite align=16
bits 32

; EAX = multiboot2 magic, EBX = boot information
multiboot2_entry:
	cli
	cld
	mov esp, PHYS(init_stack_end)
	mov edi, eax
	mov esi, ebx
	cmp eax, MULTIBOOT2_BOOTLOADER_MAGIC
	je check_cpu
	mov ebx, msg_loader
	jmp fail

; EBX = struct hvm_start_info, whose first word is the magic
pvh_entry:
	cli
	cld
	mov esp, PHYS(init_stack_end)
	mov edi, [ebx]
	mov esi, ebx
	cmp edi, PVH_START_MAGIC
	je check_cpu
	mov ebx, msg_loader
	jmp fail

; From here on: EDI = magic, ESI = physical address of the information.
check_cpu:
	pushfd				; CPUID exists iff EFLAGS.ID can change
	pop eax
	mov ecx, eax
	xor eax, EFLAGS_ID
	push eax
	popfd
	pushfd
	pop eax
	xor eax, ecx
	mov ebx, msg_cpuid
	jz fail

	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	mov ebx, msg_long_mode
	jb fail
	mov eax, 0x80000001
	cpuid
	mov ebx, msg_long_mode
	test edx, CPUID_LM
	jz fail
	mov ebp, edx			; for NX below

	mov ebx, edi			; the stack is in .bss, so the two
	mov edx, esi			; words stay in registers meanwhile
	mov edi, PHYS(__bss_start)
	mov ecx, PHYS(__bss_end)
	sub ecx, edi
	shr ecx, 2
	xor eax, eax
	rep stosd
	mov edi, ebx
	mov esi, edx

; Four page directories of 512 entries: 4 GiB in 2 MiB pages.
build_tables:
	mov eax, PTE_PRESENT | PTE_WRITE | PTE_LARGE
	mov ebx, PHYS(boot_pd)
	mov ecx, 4 * 512
.pd:
	mov [ebx], eax
	add eax, 0x200000
	add ebx, 8
	loop .pd

	mov eax, PHYS(boot_pd) + PTE_PRESENT + PTE_WRITE
	mov [PHYS(boot_pdpt_high) + 510 * 8], eax
	mov ebx, PHYS(boot_pdpt_low)
	mov ecx, 4
.pdpt:
	mov [ebx], eax
	add eax, 0x1000
	add ebx, 8
	loop .pdpt

	mov eax, PHYS(boot_pdpt_low) + PTE_PRESENT + PTE_WRITE
	mov [PHYS(boot_pml4)], eax
	mov [PHYS(boot_pml4) + ((PAGE_OFFSET >> 39) & 511) * 8], eax
	mov dword [PHYS(boot_pml4) + 511 * 8], \
		PHYS(boot_pdpt_high) + PTE_PRESENT + PTE_WRITE
%if CONFIG_KASAN
	call build_shadow
%endif

enable_long_mode:
	mov eax, CR4_PAE | CR4_PGE
	mov cr4, eax
	mov eax, PHYS(boot_pml4)
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME | EFER_SCE
	test ebp, CPUID_NX
	jz .no_nx
	or eax, EFER_NXE
.no_nx:
	wrmsr
	; Not read-modify-write: CD and NW must be clear too (A PG-16)
	mov eax, CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE
	mov cr0, eax
	lgdt [boot_gdt_ptr32]
	jmp KERNEL_CS:long_mode_low

%if CONFIG_KASAN
; C code writes the shadow of its stack frames from its first instruction on.
; Until there is real shadow (arch/x86_64/kasan_shadow.c), all of it is one
; page: each table has 512 times the same entry. Clobbers EAX, EBX, ECX.
build_shadow:
	mov ebx, PHYS(boot_shadow_pte)
	mov eax, PHYS(boot_shadow) + PTE_PRESENT + PTE_WRITE
	call fill_table
	mov ebx, PHYS(boot_shadow_pd)
	mov eax, PHYS(boot_shadow_pte) + PTE_PRESENT + PTE_WRITE
	call fill_table
	mov ebx, PHYS(boot_shadow_pdpt)
	mov eax, PHYS(boot_shadow_pd) + PTE_PRESENT + PTE_WRITE
	call fill_table
	mov ebx, PHYS(boot_pml4) + ((KASAN_SHADOW_START >> 39) & 511) * 8
	mov eax, PHYS(boot_shadow_pdpt) + PTE_PRESENT + PTE_WRITE
	mov ecx, (KASAN_SHADOW_END - KASAN_SHADOW_START) >> 39
	jmp fill_table.next

; EBX = table, EAX = what to write into each of its entries
fill_table:
	mov ecx, 512
.next:
	mov [ebx], eax
	add ebx, 8
	loop .next
	ret
%endif

; EBX = message. Tells it on COM1 and the text screen, then stops for ever.
fail:
	mov edi, VGA_TEXT
	mov esi, msg_prefix
	call print
	mov esi, ebx
	call print
.halt:
	cli
	hlt
	jmp .halt

; ESI = text, EDI = place on the screen; clobbers EAX, ECX, EDX
print:
	mov ecx, 100000			; a missing UART must not hang us
.wait:
	mov dx, COM1 + 5
	in al, dx
	test al, 0x20
	jnz .ready
	loop .wait
.ready:
	lodsb
	test al, al
	jz .done
	mov dx, COM1
	out dx, al
	mov ah, 0x4f			; white on red
	stosw
	jmp print
.done:
	ret

msg_prefix:	db "Vitrix cannot start: ", 0
msg_loader:	db "not entered by a multiboot2 or PVH loader.", 13, 10, 0
msg_cpuid:	db "this CPU has no CPUID instruction.", 13, 10, 0
msg_long_mode:	db "this CPU has no 64-bit mode "
		db "(QEMU: use -cpu max or -cpu qemu64).", 13, 10, 0

	align 8
boot_gdt:
	dq 0, 0
	dq 0x00af9b000000ffff		; KERNEL_CS, see gdt.h
	dq 0x00cf93000000ffff		; KERNEL_DS
boot_gdt_end:
	align 4
boot_gdt_ptr32:
	dw boot_gdt_end - boot_gdt - 1
	dd boot_gdt

bits 64
long_mode_low:
	mov rax, long_mode_high
	jmp rax

section .text.entry progbits alloc exec nowrite align=16
bits 64

long_mode_high:
	mov eax, KERNEL_DS
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	lldt ax				; no LDT, ever (A SEG-11)
	mov rsp, init_stack_end
	mov rax, STACK_END_MAGIC
	mov [init_stack], rax

	mov r12d, edi			; magic
	mov r13d, esi			; information

	mov rdi, cpu0_percpu
	mov rsi, __per_cpu_start
	mov rcx, __per_cpu_end
	sub rcx, rsi
	shr rcx, 3
	rep movsq
	mov rax, cpu0_percpu
	mov rcx, __per_cpu_start
	sub rax, rcx
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_GS_BASE
	wrmsr

	call build_idt

	mov edi, r12d
	mov esi, r13d
	xor ebp, ebp			; ends every backtrace
	call arch_start
	ud2

; All 256 gates as interrupt gates without IST; trap_init() refines them once
; there are stacks for it. The stubs are 16 bytes apart.
build_idt:
	mov rdi, idt_table
	mov rsi, trap_stubs
	mov ecx, 256
.gate:
	mov rax, rsi
	mov [rdi], ax			; offset 15:0
	mov word [rdi + 2], KERNEL_CS
	mov word [rdi + 4], 0x8e00	; present, DPL 0, interrupt gate
	shr rax, 16
	mov [rdi + 6], ax		; offset 31:16
	shr rax, 16
	mov [rdi + 8], eax		; offset 63:32
	mov dword [rdi + 12], 0
	add rdi, 16
	add rsi, 16
	dec ecx
	jnz .gate
	mov rax, boot_idt_ptr
	lidt [rax]
	ret

section .rodata progbits alloc noexec nowrite align=8
boot_idt_ptr:
	dw 256 * 16 - 1
	dq idt_table

section .bss.page nobits alloc noexec write align=4096
boot_pml4:	resb 4096
boot_pdpt_low:	resb 4096
boot_pdpt_high:	resb 4096
boot_pd:	resb 4 * 4096
idt_table:	resb 256 * 16
%if CONFIG_KASAN
boot_shadow:		resb 4096
boot_shadow_pte:	resb 4096
boot_shadow_pd:		resb 4096
boot_shadow_pdpt:	resb 4096
%endif
