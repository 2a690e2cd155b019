/* SPDX-License-Identifier: MIT */
/*
 * serial.c - the 16550 UART on COM1.
 *
 * Purpose. The console that always works: a few port accesses, no memory, no
 * interrupts, so it can be used in NMI and in the middle of a panic.
 *
 * Model. Polled both ways. The transmit FIFO takes 16 bytes when the line
 * status says it is empty, so the status is read once for 16 bytes.
 *
 * Invariants.
 *   I1  No loop over a device register is without bound. A UART that takes
 *       nothing (the terminal behind it was stopped, or is gone) costs
 *       SPIN_MAX reads once, then one read for each text, which is lost;
 *       when it takes characters again, it is told how many those were.
 * Locking. The caller's (printk's console lock) for output; input has one
 *       caller, the monitor.
 * Limits. No receive interrupt; a key waits until somebody polls.
 * References. TI PC16550D data sheet, "Registers".
 */
#include "io.h"
#include "screen.h"

#include <arch/cpu.h>
#include <lib/fmt.h>

#define COM1 0x3f8

#define UART_DATA 0 /* with DLAB: divisor, low byte */
#define UART_IER  1 /* with DLAB: divisor, high byte */
#define UART_FCR  2
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5
#define UART_SCR  7

#define FCR_ENABLE 0x07 /* on, both FIFOs emptied */
#define LCR_8N1	   0x03
#define LCR_DLAB   0x80
#define MCR_DTR	   0x01
#define MCR_RTS	   0x02
#define MCR_OUT2   0x08 /* lets the interrupt line through */
#define MCR_LOOP   0x10
#define LSR_DR	   0x01 /* a byte has come */
#define LSR_THRE   0x20 /* the transmit FIFO is empty */
#define LSR_ABSENT 0xff /* an empty bus reads as ones */

#define FIFO_SIZE 16
#define SPIN_MAX  1000000 /* 16 characters take 1.4 ms; a read about 1 us */

static bool serial_present; /* (i) set by init */
static unsigned long lost;  /* characters since it stalled; console lock */

static bool uart_wait(u8 bits, int tries)
{
	for (int i = 0; i < tries; i++) {
		if (inb(COM1 + UART_LSR) & bits)
			return true;
		cpu_relax();
	}
	return false; /* I1 */
}

/* The scratch register keeps a byte, and the UART hears itself. */
static bool uart_answers(void)
{
	static const u8 probe[] = {0x5a, 0xa5};
	bool ok = inb(COM1 + UART_LSR) != LSR_ABSENT;

	for (unsigned int i = 0; ok && i < sizeof(probe); i++) {
		outb(COM1 + UART_SCR, probe[i]);
		ok = inb(COM1 + UART_SCR) == probe[i];
	}
	outb(COM1 + UART_MCR, MCR_LOOP | MCR_OUT2 | MCR_RTS);
	for (unsigned int i = 0; ok && i < sizeof(probe); i++) {
		outb(COM1 + UART_DATA, probe[i]);
		ok = uart_wait(LSR_DR, SPIN_MAX) &&
		     inb(COM1 + UART_DATA) == probe[i];
	}
	return ok;
}

/**
 * serial_init() - 115200 baud, 8 bits, no parity, FIFOs on.
 *
 * Return: whether there is a UART.
 */
bool serial_init(void)
{
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_DLAB);
	outb(COM1 + UART_DATA, 1); /* 115200 divided by 1 */
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_8N1);
	outb(COM1 + UART_FCR, FCR_ENABLE);
	serial_present = uart_answers();
	outb(COM1 + UART_MCR, MCR_DTR | MCR_RTS);
	return serial_present;
}

/*
 * Return: false when the UART takes nothing.
 * Locking: expects the console lock.
 */
static bool serial_put(char c, unsigned int *room)
{
	if (!*room) {
		if (!uart_wait(LSR_THRE, lost ? 1 : SPIN_MAX)) /* I1 */
			return false;
		*room = FIFO_SIZE;
	}
	outb(COM1 + UART_DATA, (u8)c);
	--*room;
	return true;
}

/* Return: how many of @n characters went out. */
static size_t serial_send(const char *s, size_t n, unsigned int *room)
{
	for (size_t i = 0; i < n; i++)
		if ((s[i] == '\n' && !serial_put('\r', room)) ||
		    !serial_put(s[i], room))
			return i;
	return n;
}

static bool serial_recovered(unsigned int *room)
{
	unsigned long n = lost;
	char text[64];
	int len;

	if (!serial_put('\n', room))
		return false;
	lost = 0;
	len = scnprintf(text, sizeof(text),
			"[serial line stalled: %lu characters lost]\n", n);
	return serial_send(text, (size_t)len, room) == (size_t)len;
}

void serial_write(const char *s, size_t n)
{
	unsigned int room = 0;

	if (!serial_present)
		return;
	if (lost && !serial_recovered(&room))
		lost += n;
	else
		lost += n - serial_send(s, n, &room);
}

/* The next byte received, or -1. */
int serial_getc(void)
{
	if (!serial_present || !(inb(COM1 + UART_LSR) & LSR_DR))
		return -1;
	return inb(COM1 + UART_DATA);
}
