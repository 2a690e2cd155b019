; SPDX-License-Identifier: MIT
;
; multiboot2.asm - the headers by which boot loaders recognise the image.
;
; multiboot2: GRUB looks for the magic in the first 32 KiB of the file, reads
; the requests behind it and enters at the ELF entry point. We ask for the
; memory map (the loader must refuse if it does not know that tag) and, as
; wishes, for a screen and the ACPI tables.
;
; PVH: QEMU's -kernel reads the note and enters at the address in it.
;
; References: Multiboot2 specification 2.0, "Header layout"; Xen PVH, "x86/HVM
; direct boot ABI".

%include "asm-offsets.inc"

MULTIBOOT2_MAGIC        equ 0xe85250d6
ARCH_I386               equ 0
TAG_END                 equ 0
TAG_INFO_REQUEST        equ 1
TAG_CONSOLE             equ 4
TAG_FRAMEBUFFER         equ 5
TAG_MODULE_ALIGN        equ 6
OPTIONAL                equ 1
INFO_CMDLINE            equ 1
INFO_MEMORY_MAP         equ 6
INFO_FRAMEBUFFER        equ 8
INFO_ELF_SECTIONS       equ 9
INFO_ACPI_OLD           equ 14
INFO_ACPI_NEW           equ 15
EGA_TEXT_SUPPORTED      equ 2

XEN_ELFNOTE_PHYS32_ENTRY equ 18

extern pvh_entry

section .boot.header progbits alloc noexec nowrite align=8

multiboot2_header:
	dd MULTIBOOT2_MAGIC
	dd ARCH_I386
	dd multiboot2_header_end - multiboot2_header
	dd 0x100000000 - (MULTIBOOT2_MAGIC + ARCH_I386 + \
		(multiboot2_header_end - multiboot2_header))

	align 8
	dw TAG_INFO_REQUEST, 0
	dd 8 + 1 * 4
	dd INFO_MEMORY_MAP

	align 8
	dw TAG_INFO_REQUEST, OPTIONAL
	dd 8 + 5 * 4
	dd INFO_CMDLINE, INFO_FRAMEBUFFER, INFO_ELF_SECTIONS
	dd INFO_ACPI_OLD, INFO_ACPI_NEW

	align 8
	dw TAG_CONSOLE, OPTIONAL
	dd 12
	dd EGA_TEXT_SUPPORTED

	align 8
	dw TAG_FRAMEBUFFER, OPTIONAL
	dd 20
	dd 0, 0, 0		; any size, any depth: text where there is text

	align 8
	dw TAG_MODULE_ALIGN, OPTIONAL
	dd 8

	align 8
	dw TAG_END, 0
	dd 8
multiboot2_header_end:

section .note.pvh progbits alloc noexec nowrite align=4
	dd 4			; length of the name
	dd 8			; length of the descriptor
	dd XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dq pvh_entry
