#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutants.py - the small faults that mutate.py plants.

Purpose.
    Reads a source file and lists what may be changed in it: one operator,
    comparison, constant, condition, return value or statement at a time.

Model.
    A tokenizer splits C into comments, preprocessor lines, strings and
    tokens, and a walk over the tokens of each function body finds statements
    and conditions. No types are known. Two conventions replace them:
    clang-format puts blanks around binary operators and none behind unary
    ones; and what makes no sense does not compile, which is no mutant.

        if (n < max)    n <= max    !(n < max)    1    0
        x = a + 4;      a - 4       a + 5         (the statement deleted)
        return n;       return 0;

    Assembly is changed line by line: a jump's condition, a number, or the
    instruction deleted.

Invariants.
    I1  A mutant has as many lines as the original, so that line numbers in
        messages and in the objects stay.
    I2  Nothing in a comment, a string, a preprocessor line or the arguments
        of an assertion, a warning or a log line is changed: what those say
        is not mechanism, and a false assertion would be its own test.
    I3  Equal text gives equal mutants in equal order.

Limits. Macro bodies and tables at file scope are not changed.
"""

import dataclasses
import re

TOKEN = re.compile(
    r"(?P<pp>^[ \t]*\#(?:\\\n|/\*(?s:.*?)\*/|[^\n])*)"
    r"|(?P<comment>//[^\n]*|/\*(?s:.*?)\*/)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>'(?:\\.|[^'\\\n])*')"
    r"|(?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||"
    r"[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.(){}\[\]])", re.M)

BINARY = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
    "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"], "^": ["|"],
    "&&": ["||"], "||": ["&&"],
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="],
    ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="],
    "^=": ["|="], "<<=": [">>="], ">>=": ["<<="], "*=": ["/="],
    "/=": ["*="], "%=": ["/="],
}
COMPARE = {"<", "<=", ">", ">=", "==", "!="}
# Arguments that stay as they are (I2), and statements that are not deleted.
SPOKEN = re.compile(
    r"(ASSERT|BUG|WARN|pr_|EXPECT|dump_|report_)\w*|printk|vprintk|panic|"
    r"panic_regs|bug_report|warn_report|static_assert|assert_\w+|"
    r"lockdep_assert\w*")
FIXED = re.compile(r"asm|__attribute__|__aligned|__section|__printf|sizeof|"
                   r"offsetof|container_of|typeof")
# Without effect on what is computed: deleting them proves nothing.
INERT = {"cpu_relax", "prefetch", "unreachable", "__builtin_unreachable"}
LOCKING = re.compile(
    r"(raw_)?spin_\w*lock\w*|(read|write)_\w*lock\w*|smp_\w+|barrier|"
    r"preempt_\w+|local_(irq|bh)_\w+|rcu_\w+|mutex_\w+|[rw]?mb|"
    r"arch_irq_\w+|arch_local_irq_\w+|\w*flush_tlb\w*")
KEYWORDS = {"if", "else", "for", "while", "do", "switch", "case", "default",
            "return", "break", "continue", "goto", "sizeof", "typeof"}
TYPES = {"struct", "union", "enum", "const", "static", "unsigned", "signed",
         "char", "short", "int", "long", "void", "bool", "volatile",
         "register", "extern", "typedef", "va_list"}


@dataclasses.dataclass(frozen=True)
class Token:
    """kind is a group of TOKEN."""
    kind: str
    text: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Mutant:
    """The text from start to end becomes new."""
    path: str
    function: str
    kind: str
    line: int
    start: int
    end: int
    new: str

    def apply(self, source):
        return source[:self.start] + self.new + source[self.end:]

    def lines(self, source):
        """(original, mutated): the lines it touches, blanks made one."""
        first = source.rfind("\n", 0, self.start) + 1
        last = source.find("\n", self.end)
        last = len(source) if last < 0 else last
        mutated = (source[first:self.start] + self.new
                   + source[self.end:last])
        return one_line(source[first:last]), one_line(mutated)

    def key(self, source):
        """By what a reason is found: survives changes elsewhere."""
        return (self.path, self.function, *self.lines(source))


def one_line(text):
    return " ".join(text.split())


def tokenize(source):
    """Tokens of code; comments and preprocessor lines left out."""
    return [Token(m.lastgroup, m[0], m.start(), m.end())
            for m in TOKEN.finditer(source)
            if m.lastgroup not in ("pp", "comment")]


def find_pairs(tokens):
    """Index of each opening bracket -> index of its closing one."""
    pairs, stack = {}, []
    for i, token in enumerate(tokens):
        if token.text in ("(", "[", "{") and token.kind == "op":
            stack.append(i)
        elif token.text in (")", "]", "}") and token.kind == "op" and stack:
            pairs[stack.pop()] = i
    return pairs


class Reader:
    """Lists the mutants of one C file."""

    def __init__(self, path, source):
        self.path = path
        self.source = source
        self.tokens = tokenize(source)
        self.pairs = find_pairs(self.tokens)
        self.function = ""
        self.boolean = False
        self.fixed = set()  # tokens that stay as they are
        self.found = []

    def text(self, i):
        return self.tokens[i].text if i < len(self.tokens) else ""

    def add(self, kind, first, last, new):
        """Replace the tokens first to last, keeping the line count (I1)."""
        start, end = self.tokens[first].start, self.tokens[last].end
        missing = self.source.count("\n", start, end) - new.count("\n")
        self.found.append(Mutant(
            self.path, self.function, kind,
            self.source.count("\n", 0, start) + 1, start, end,
            new + "\n" * missing))

    def read(self):
        i = 0
        while i < len(self.tokens):
            if self.text(i) != "{":
                i += 1
                continue
            close = self.pairs.get(i, len(self.tokens) - 1)
            if i and self.text(i - 1) == ")":
                self.head(i)
                self.block(i + 1, close)
                for j in range(i + 1, close):
                    if j not in self.fixed:
                        self.token(j)
            i = close + 1
        self.found.sort(key=lambda m: (m.start, m.end, m.kind, m.new))
        return self.found

    def head(self, brace):
        """Name and kind of the function whose body opens at brace."""
        opens = {close: start for start, close in self.pairs.items()}
        name = opens[brace - 1] - 1
        self.function = self.text(name)
        first = name
        while first and self.text(first - 1) not in (";", "}", ")"):
            first -= 1
        result = [self.text(j) for j in range(first, name)]
        self.boolean = "bool" in result and "*" not in result

    # ---- statements ----

    def block(self, i, end):
        while i < end:
            i = self.statement(i, end)

    def statement(self, i, end):
        """Read the statement at i; return the index behind it."""
        word = self.text(i)
        if word == "{":
            self.block(i + 1, self.pairs[i])
            return self.pairs[i] + 1
        if word in ("if", "while", "switch"):
            return self.control(i, end)
        if self.is_loop(i):
            self.loop_head(i + 1)
            return self.statement(self.pairs[i + 1] + 1, end)
        if word in ("else", "do"):
            return self.statement(i + 1, end)
        if word in ("case", "default"):
            while self.text(i) != ":":
                i += 1
            return i + 1
        if self.text(i + 1) == ":" and self.tokens[i].kind == "word":
            return i + 2
        last = i
        while last < end and self.text(last) != ";":
            last = self.pairs.get(last, last) + 1
        self.simple(i, last)
        return last + 1

    def is_loop(self, i):
        """for (...), or a macro that is used like it."""
        if self.text(i) == "for":
            return True
        if self.tokens[i].kind != "word" or self.text(i) in KEYWORDS \
                or self.text(i) == "asm" or self.text(i + 1) != "(":
            return False
        behind = self.pairs[i + 1] + 1
        return self.text(behind) == "{" or self.tokens[behind].kind == "word"

    def control(self, i, end):
        open_, close = i + 1, self.pairs[i + 1]
        behind = close + 1
        if self.text(open_ + 1).startswith("CONFIG_"):
            done = self.statement_end(behind, end)
            self.fixed.update(range(open_, done))
            return done
        if self.text(i) != "switch":
            cond = self.source[self.tokens[open_ + 1].start:
                               self.tokens[close - 1].end]
            self.add("negate", open_ + 1, close - 1, f"!({cond})")
            if self.text(i) == "if":
                self.add("always", open_ + 1, close - 1, "1")
            self.add("never", open_ + 1, close - 1, "0")
        if self.text(behind) == ";":  # the end of do ... while
            return behind + 1
        return self.statement(behind, end)

    def statement_end(self, i, end):
        """Like statement(), but finds nothing."""
        kept, self.found = self.found, []
        done = self.statement(i, end)
        self.found = kept
        return done

    def loop_head(self, open_):
        """for (init; cond; step): the condition negated."""
        close, start, parts = self.pairs[open_], open_ + 1, []
        j = start
        while j < close:
            if self.text(j) == ";":
                parts.append((start, j - 1))
                start = j + 1
            j = self.pairs.get(j, j) + 1
        if len(parts) == 2 and parts[1][1] >= parts[1][0]:
            first, last = parts[1]
            cond = self.source[self.tokens[first].start:
                               self.tokens[last].end]
            self.add("negate", first, last, f"!({cond})")

    def simple(self, i, last):
        """A statement without a body: tokens i to last, the ';'."""
        word = self.text(i)
        if i == last:
            return
        if word == "return":
            self.give_back(i, last)
        elif word in ("break", "continue"):
            self.add("jump", i, last, ";")
        elif self.is_declaration(i):
            j = i
            while j < last and self.text(j) != "=":
                self.fixed.add(j)
                j += 1
        elif SPOKEN.fullmatch(word):
            self.fixed.update(range(i, last))
        elif word not in KEYWORDS and word not in INERT:
            self.add(self.what(i), i, last, ";")

    def what(self, i):
        if LOCKING.fullmatch(self.text(i)) and self.text(i + 1) == "(":
            return "lock"
        return "delete"

    def is_declaration(self, i):
        if self.text(i) in TYPES:
            return True
        if self.tokens[i].kind != "word" or self.text(i) == "asm":
            return False
        after = self.text(i + 1)
        return self.tokens[i + 1].kind == "word" or after == "*"

    def give_back(self, i, last):
        if last == i + 1:
            return
        value = self.source[self.tokens[i + 1].start:self.tokens[last - 1].end]
        literal = last == i + 2 and (
            self.tokens[i + 1].kind == "number"
            or value in ("true", "false", "NULL"))
        if not literal:
            self.add("return", i, last, "return 0;")
            if self.boolean:
                self.add("return", i, last, f"return !({value});")

    # ---- single tokens ----

    def token(self, i):
        token = self.tokens[i]
        if token.kind == "word":
            self.word(i)
        elif token.kind == "number":
            for new in other_numbers(token.text):
                self.add("constant", i, i, new)
        elif token.kind == "char" and len(token.text) == 3:
            new = chr(ord(token.text[1]) + 1)
            if new not in "'\\":
                self.add("constant", i, i, f"'{new}'")
        elif token.text in BINARY and self.spaced(i):
            kind = "compare" if token.text in COMPARE else "operator"
            for new in BINARY[token.text]:
                self.add(kind, i, i, new)
        elif token.text in ("++", "--"):
            self.add("operator", i, i, "--" if token.text == "++" else "++")
        elif token.text in ("!", "~"):
            self.add("operator", i, i, "")

    def word(self, i):
        text = self.text(i)
        if text in ("true", "false"):
            self.add("constant", i, i, "false" if text == "true" else "true")
        if (SPOKEN.fullmatch(text) or FIXED.fullmatch(text)) \
                and self.text(i + 1) == "(":
            self.fixed.update(range(i, self.pairs[i + 1] + 1))
        elif text == "asm":
            while self.text(i) not in ("(", ";"):
                i += 1
            if self.text(i) == "(":
                self.fixed.update(range(i, self.pairs[i] + 1))

    def spaced(self, i):
        token = self.tokens[i]
        return (self.source[token.start - 1].isspace()
                and self.source[token.end].isspace())


def other_numbers(text):
    """The neighbours of a number, written like it."""
    digits = text.rstrip("uUlL")
    suffix = text[len(digits):]
    value = int(digits, 0) if digits.strip("0") else 0
    shape = "{:#x}" if digits[:2].lower() == "0x" else "{}"
    values = [1] if value == 0 else [value + 1, value - 1]
    return [shape.format(v) + suffix for v in values]


# ---- assembly --------------------------------------------------------------

OPPOSITE = {}
for _pair in ("z nz", "e ne", "b ae", "c nc", "a be", "s ns", "l ge", "g le",
              "o no", "p np"):
    _yes, _no = _pair.split()
    OPPOSITE.update({f"j{_yes}": f"j{_no}", f"j{_no}": f"j{_yes}"})
NO_INSTRUCTION = {
    "global", "extern", "section", "bits", "default", "align", "alignb",
    "times", "struc", "endstruc", "istruc", "iend", "at", "org", "cpu",
    "nop", "pause", "absolute", "use32", "use64", "static", "common"}
ASM_LINE = re.compile(r"(?P<label>[\w.$@?]+:)?(?P<gap>\s+)"
                      r"(?P<word>[a-z]\w*)(?P<rest>[^;'\"]*)")
ASM_NUMBER = re.compile(r"(?<![\w.$%])(0x[0-9a-f]+|\d+)(?![\w.])")
ASM_LABEL = re.compile(r"(?P<name>[a-z_]\w*):")


def asm_mutants(path, source):
    found, offset, function = [], 0, ""
    for number, line in enumerate(source.split("\n"), 1):
        label = ASM_LABEL.match(line)
        function = label["name"] if label else function
        part = ASM_LINE.match(line)
        if part and "%" not in line and not no_instruction(part):
            start = offset + part.start("word")
            for kind, first, last, new in asm_line(part):
                found.append(Mutant(path, function, kind, number,
                                    start + first, start + last, new))
        offset += len(line) + 1
    return found


def no_instruction(part):
    return (part["word"] in NO_INSTRUCTION
            or re.fullmatch(r"(d|res)[bwdqto]", part["word"])
            or re.match(r"\s*(equ|d[bwdq]|:)", part["rest"]))


def asm_line(part):
    """(kind, first, last, new), counted from the instruction's word."""
    word, rest = part["word"], part["rest"].rstrip()
    if word in OPPOSITE:
        yield "negate", 0, len(word), OPPOSITE[word]
    yield "delete", 0, len(word) + len(rest), "times 0 nop"
    for m in ASM_NUMBER.finditer(rest):
        for new in other_numbers(m[0]):
            yield ("constant", len(word) + m.start(), len(word) + m.end(),
                   new)


def mutants(path, source):
    """All mutants of a file, in the order of the text (I3)."""
    if path.endswith(".asm"):
        return asm_mutants(path, source)
    return Reader(path, source).read()
