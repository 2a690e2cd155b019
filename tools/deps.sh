#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh - the programs that Vitrix needs on the build machine.
#
#	deps.sh quick    nothing to say when all is there; else as install
#	deps.sh install  install what is missing, optional programs included
#	deps.sh doctor   each program, its version and a verdict
#
# Model. need() is called once per program, in the table below. Debian and
# Ubuntu are installed by apt-get: at once as root or with CI set; after one
# question on a terminal, with sudo; otherwise the command is printed and the
# result is failure. On other systems the package names are printed.
#
# POSIX sh, because it must run where neither Python nor make is there yet.
# GRUB's tools are only asked for by what needs them: BOOT, MODE, FIRMWARE
# and NEED (run, debug or test) come from the Makefile.

set -u
mode=${1:-doctor}
missing=   # packages that this call cannot do without
optional=  # packages that something else wants
bad=0

have() { command -v "$1" >/dev/null 2>&1; }

case $(uname -m) in
x86_64 | amd64) native=1 ;;
*) native=0 ;;
esac

system=unknown
if have apt-get; then system=debian
elif have dnf; then system=fedora
elif have pacman; then system=arch
elif have apk; then system=alpine
elif have brew; then system=brew
fi

# Is what this call is about among the words?  run test debug iso uefi
wanted() {
	[ "$mode" = quick ] || return 0
	case "${NEED:-run}" in
	test) return 0 ;;
	esac
	case $1 in
	always) return 0 ;;
	iso) [ "${BOOT:-iso}" = iso ] && [ "${MODE:-mt}" != det ] ;;
	uefi) [ "${FIRMWARE:-bios}" = uefi ] ;;
	test) return 1 ;;
	esac
}

# The first line of the version that the program prints.
version() {
	case $1 in
	/*) echo "$1" ;;
	nasm) nasm -v 2>/dev/null | head -n 1 ;;
	xorriso) xorriso --version 2>/dev/null | sed -n '/^xorriso [0-9]/{p;q;}' ;;
	*) "$1" --version 2>/dev/null | head -n 1 ;;
	esac
}

# need WHEN WHAT FOUND PACKAGE: FOUND is the program or file, or empty.
# PACKAGE is "debian/fedora/arch/alpine/brew"; "-" where there is none.
need() {
	if [ -n "$3" ]; then
		[ "$mode" = doctor ] &&
			printf '%-20s ok        %s\n' "$2" "$(version "$3")"
		return
	fi
	case $system in
	debian) field=1 ;; fedora) field=2 ;; arch) field=3 ;;
	alpine) field=4 ;; brew) field=5 ;; *) field=1 ;;
	esac
	package=$(echo "$4" | cut -d/ -f$field)
	case $1 in
	optional)
		optional="$optional $package"
		[ "$mode" = doctor ] &&
			printf '%-20s optional  package %s\n' "$2" "$package"
		return ;;
	esac
	wanted "$1" || return
	missing="$missing $package"
	bad=1
	[ "$mode" = doctor ] &&
		printf '%-20s MISSING   package %s\n' "$2" "$package"
}

# The first of the programs or files that is there.
first() {
	for candidate; do
		case $candidate in
		/*) [ -e "$candidate" ] && echo "$candidate" && return ;;
		*) have "$candidate" && echo "$candidate" && return ;;
		esac
	done
}

# A gcc that makes x86-64 ELF.
target_gcc() {
	if [ $native = 1 ] && [ "$(uname -s)" = Linux ] && have gcc; then
		echo gcc
	else
		first x86_64-linux-gnu-gcc x86_64-elf-gcc
	fi
}

# Where GRUB's modules for a platform lie.
grub_modules() {
	first "/usr/lib/grub/$1" "/usr/share/grub2/$1" "/usr/share/grub/$1" \
		"/opt/homebrew/lib/x86_64-elf/grub/$1" \
		"/usr/local/lib/x86_64-elf/grub/$1"
}

gcc=gcc
[ $native = 1 ] || gcc=gcc-x86-64-linux-gnu
cc=$(target_gcc)

# ---- the table -------------------------------------------------------------
need always gcc "$cc" "$gcc/gcc/gcc/gcc/x86_64-elf-gcc"
need always ld "$(first "${cc%gcc}ld")" \
	"binutils/binutils/binutils/binutils/x86_64-elf-binutils"
need always nasm "$(first nasm)" nasm/nasm/nasm/nasm/nasm
need always make "$(first make gmake)" make/make/make/make/make
need always python3 "$(first python3)" \
	python3/python3/python/python3/python3
need always qemu "$(first qemu-system-x86_64)" \
	qemu-system-x86/qemu-system-x86-core/qemu-system-x86/qemu-system-x86_64/qemu
need iso grub-mkrescue \
	"$(first grub-mkrescue grub2-mkrescue x86_64-elf-grub-mkrescue)" \
	grub-common/grub2-tools-extra/grub/grub/x86_64-elf-grub
need iso "grub for BIOS" "$(grub_modules i386-pc)" \
	grub-pc-bin/grub2-pc-modules/grub/grub-bios/-
need iso "grub for UEFI" "$(grub_modules x86_64-efi)" \
	grub-efi-amd64-bin/grub2-efi-x64-modules/grub/grub-efi/-
need iso xorriso "$(first xorriso)" xorriso/xorriso/libisoburn/xorriso/xorriso
need iso mtools "$(first mformat)" mtools/mtools/mtools/mtools/mtools
need uefi "UEFI firmware" "$(first /usr/share/OVMF/OVMF_CODE_4M.fd \
	/usr/share/OVMF/OVMF_CODE.fd /usr/share/edk2/ovmf/OVMF_CODE.fd \
	/usr/share/edk2/x64/OVMF_CODE.4m.fd /usr/share/edk2-ovmf/x64/OVMF_CODE.fd \
	/usr/share/qemu/edk2-x86_64-code.fd \
	/opt/homebrew/share/qemu/edk2-x86_64-code.fd \
	/usr/local/share/qemu/edk2-x86_64-code.fd)" \
	ovmf/edk2-ovmf/edk2-ovmf/ovmf/qemu
if [ "$(uname -s)" = Linux ]; then
	need test "C library headers" "$(first /usr/include/stdio.h)" \
		libc6-dev/glibc-devel/glibc/musl-dev/-
fi
gdb=optional
[ "${NEED:-}" = debug ] && gdb=always
need $gdb gdb "$(first gdb x86_64-elf-gdb)" \
	gdb/gdb/gdb/gdb/x86_64-elf-gdb
need optional clang "$(first clang)" clang/clang/clang/clang/llvm
asan=libclang_rt.asan-x86_64.a
need optional "clang sanitizers" \
	"$(have clang && first "$(clang -print-file-name=$asan)")" \
	libclang-rt-dev/compiler-rt/compiler-rt/compiler-rt/llvm
need optional lld "$(first ld.lld)" lld/lld/lld/lld/lld
need optional llvm-objcopy "$(first llvm-objcopy)" llvm/llvm/llvm/llvm/llvm
# The fuzzers' runtime is a package of its own, of clang's version.
clang_dir=$(have clang && clang -print-resource-dir 2>/dev/null)
clang_version=$(basename "${clang_dir:-/14}" | cut -d. -f1)
need optional "clang's fuzzer" "$(find "${clang_dir:-/nowhere}/" \
	-name 'libclang_rt.fuzzer*' 2>/dev/null | grep -v interceptors |
	head -n 1)" \
	"libclang-rt-$clang_version-dev/compiler-rt/compiler-rt/compiler-rt/llvm"
need optional clang-format "$(first clang-format)" \
	clang-format/clang-tools-extra/clang/clang-extra-tools/clang-format

# ---- what to do about it ---------------------------------------------------
install_command() {
	case $system in
	debian | unknown)
		echo "apt-get install -y --no-install-recommends$1" ;;
	fedora) echo "dnf install$1" ;;
	arch) echo "pacman -S$1" ;;
	alpine) echo "apk add$1" ;;
	brew) echo "brew install$1" ;;
	esac
}

updated=

# apt PACKAGES ROOT: the lists of a fresh machine are empty or old.
apt() {
	export DEBIAN_FRONTEND=noninteractive
	if [ -z "$updated" ]; then
		$2 apt-get update -q >/dev/null || return
		updated=1
	fi
	$2 apt-get install -y -q --no-install-recommends $1
}

if [ "$mode" = doctor ]; then
	all=$(echo "$missing$optional" | tr ' ' '\n' | grep -v '^-*$' |
		sort -u | tr '\n' ' ')
	[ -n "$all" ] && echo "to install all: $(install_command " $all")"
	exit $bad
fi

missing=$(echo " $missing" | sed 's/ -\( \|$\)/\1/g; s/  */ /g; s/ $//')
[ "$mode" = install ] && [ -n "$optional" ] && extra=$optional || extra=
[ -z "$missing$extra" ] && [ $bad = 0 ] && exit 0

root= # how to become root
if [ "$(id -u)" != 0 ]; then
	root=sudo
fi
if [ $system = debian ]; then
	yes=
	if [ "$(id -u)" = 0 ]; then
		yes=1
	elif [ -n "${CI:-}" ] && have sudo; then
		root="sudo -n"
		yes=1
	elif [ -t 0 ] && [ -t 2 ] && have sudo; then
		printf 'Install%s%s with apt-get and sudo? [Y/n] ' \
			"$missing" "$extra" >&2
		read -r answer
		case $answer in [nN]*) ;; *) yes=1 ;; esac
	fi
	if [ -n "$yes" ]; then
		if [ -n "$missing" ]; then
			apt "$missing" "$root" >&2 || exit 1
		fi
		for package in $extra; do # one by one: not all exist everywhere
			apt "$package" "$root" >&2 ||
				echo "without the optional $package" >&2
		done
		exit 0
	fi
fi

[ -z "$missing" ] && [ $bad = 0 ] && exit 0
echo "Programs are missing. To install them:" >&2
echo "	${root:+sudo }$(install_command "$missing")" >&2
case $missing in
*grub* | *xorriso* | *isoburn* | *mtools* | "")
	echo "Without GRUB's tools: make run BOOT=direct" >&2 ;;
esac
exit 1
