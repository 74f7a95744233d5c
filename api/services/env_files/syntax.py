"""Parse `.env` files without loss: the joined sources of all lines are the file.

There is no standard. The rules are those that a shell and dotenv for Node.js and Python share
(https://github.com/motdotla/dotenv, https://github.com/theskumar/python-dotenv).
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from api.errors import Problem
from api.secret import Secret

MAX_FILE_BYTES = 1_048_576
MAX_LINES = 5000
MAX_VALUE_LENGTH = 8192
BYTE_ORDER_MARK = "\ufeff"

# A value of maximum length with every character escaped.
_QUOTED_WINDOW = 2 * MAX_VALUE_LENGTH
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,255}")
_EXPORT = re.compile(r"export[ \t]+")
# What shells, Docker and Compose put before an assignment.
_SETTER = re.compile(
    r"(?:export|set|setx|declare[ \t]+-x|typeset[ \t]+-x|ENV|ARG)[ \t]+|\$env:[ \t]*|-[ \t]+",
    re.IGNORECASE,
)
# `NAME: value`, as dotenv for Node.js reads it, and `setx NAME value`.
_COLON = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*[ \t]*:(?=[ \t]|\Z)")
_SETX = re.compile(r"setx[ \t]+[A-Za-z_][A-Za-z0-9_]*(?=[ \t]+[^= \t])", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n|\Z)")
_CLOSING = {
    '"': re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*"', re.DOTALL),
    "'": re.compile(r"[^']*+'"),
    "`": re.compile(r"[^`]*+`"),
}
_AFTER_QUOTE = re.compile(r"[,;]?[ \t]*(?:#[^\n]*|\r?)(?:\n|\Z)")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A block such as a private key, and the lines that may be in a block without an end.
_BEGIN = "-----BEGIN "
_END = "-----END "
_IN_BLOCK = re.compile(r"[ \t]*[A-Za-z0-9+/]*={0,2}[\"'`]?[ \t]*|[A-Za-z-]+: .*")
# A line that counts as a statement even after an unclosed quote.
_PLAIN = re.compile(r"[ \t]*(?:export[ \t]+)?[A-Z_][A-Z0-9_]*[ \t]*=[ \t\"'`=]*[^\s\"'`=]")
_BASE64 = re.compile(r"[ \t]*[A-Za-z0-9+/_-]{20,}\s*")
_BASE64_END = re.compile(r"[ \t]*([A-Za-z0-9_-]+)(=+)[\"'`]*\s*")
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])")
_MIN_ENCODED_LENGTH = 20
_COMMENT = re.compile(r"[ \t]#")
_ESCAPE = re.compile(r"\\([nrt\"'`$\\])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


class Line(msgspec.Struct, frozen=True):
    """One statement. A quoted value may span several lines; `number` is that of the first.

    `kind` is `invalid` if the line cannot be parsed. `error` says why a line cannot be imported,
    without any of its text. `source` is the text with its line end; `start` and `end` are the
    bounds of the value in it, including quotes. `unclosed` is true if a quote is not closed.
    """

    kind: Literal["blank", "comment", "assignment", "invalid"]
    number: int
    source: Secret
    name: str | None = None
    value: Secret | None = None
    error: str | None = None
    start: int = 0
    end: int = 0
    unclosed: bool = False

    @property
    def before(self) -> str:
        """Return the text before the value."""
        return self.source.reveal()[: self.start]

    @property
    def after(self) -> str:
        """Return the text after the value: an inline comment and the line end."""
        return self.source.reveal()[self.end :]

    @property
    def raw(self) -> str:
        """Return the value as written in the file, without its quotes."""
        text = self.source.reveal()[self.start : self.end]
        return text[1:-1] if self.quote else text

    @property
    def quote(self) -> str:
        """Return the quotation mark around the value, or an empty string."""
        first = self.source.reveal()[self.start : self.start + 1]
        return first if self.kind == "assignment" and first in _CLOSING else ""

    @property
    def exported(self) -> bool:
        """Return whether the assignment begins with `export`."""
        return _EXPORT.match(self.before.lstrip(f"{BYTE_ORDER_MARK} \t")) is not None


def parse_env(content: str) -> list[Line]:
    """Parse a file, with or without a byte order mark, with LF or CRLF as line ends.

    Raises Problem(invalid_field) for more than MAX_FILE_BYTES bytes or MAX_LINES lines. Any other
    error is reported by its line.
    """
    size = len(content.encode("utf-8", "surrogatepass"))
    if size > MAX_FILE_BYTES:
        raise _too_large(f"at most {MAX_FILE_BYTES:,} bytes; this one has {size:,}")
    texts = _LINE.findall(content)
    if len(texts) > MAX_LINES:
        raise _too_large(f"at most {MAX_LINES:,} lines; this one has {len(texts):,}")
    lines: list[Line] = []
    offset = index = block_end = 0
    block = unclosed = 0
    while index < len(texts):
        text, number = texts[index], index + 1
        line = _parse_line(content, offset, text, number)
        if index < block_end:
            line = _part_of_longer_text(line, text, f"It is inside the block of line {block}.")
        elif unclosed and line.name is not None and not _PLAIN.match(text):
            reason = f"It follows an unclosed quote on line {unclosed}."
            line = _part_of_longer_text(line, text, reason)
        elif _is_base64_end(line, text, texts[index - 1] if index else ""):
            line = _part_of_longer_text(line, text, "It looks like part of a longer value.")
        elif line.name is not None:
            unclosed = number if line.unclosed else 0
        if index >= block_end and _opens_block(line, text):
            block, block_end = number, _block_end(texts, number)
            if line.kind == "assignment" and block_end > number:
                line = _invalid_line(
                    number, text, "A value of several lines needs quotes.", line.name
                )
        if index < block_end and _END in text:
            unclosed = 0
        lines.append(line)
        source = line.source.reveal()
        offset += len(source)
        index += source.count("\n") + (not source.endswith("\n"))
    return lines


def read_value(raw: str) -> str:
    """Return the value of a raw text: without quotes, with escapes in double quotes resolved."""
    if raw[:1] not in _CLOSING:
        return raw
    inner = raw[1:-1].replace("\r\n", "\n")
    if raw[0] != '"':
        return inner
    return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), inner)


def write_value(value: str, quote: str = "") -> str:
    """Return `value` as written in a file, in `quote` if that is possible, otherwise as needed."""
    if quote in ("'", "`") and quote not in value:
        return quote + value + quote
    if not quote and re.fullmatch(r"[A-Za-z0-9_./:@%+,=\[\]-]*", value):
        return value
    escaped = re.sub(r'([\\"$`])', r"\\\1", value).replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _parse_line(content: str, offset: int, text: str, number: int) -> Line:
    control = _CONTROL.search(text)
    if control is not None:
        return _invalid_line(number, text, f"It contains {_character_name(control[0])}.")
    start = 1 if number == 1 and text.startswith(BYTE_ORDER_MARK) else 0
    statement = text.rstrip("\r\n")
    begin = len(statement) - len(statement[start:].lstrip(" \t"))
    if begin == len(statement):
        return Line("blank", number, Secret(text))
    if statement[begin] == "#":
        return Line("comment", number, Secret(text))
    setter = _SETTER.match(statement, begin)
    name_at = setter.end() if setter else begin
    equals = _name_end(statement, begin, name_at)
    if equals is None:
        return _invalid_line(number, text, "There is no equals sign.")
    name = statement[name_at:equals].rstrip(" \t")
    if not _NAME.fullmatch(name):
        return _invalid_line(number, text, "The text before = is not a variable name.")
    rest = statement[equals + 1 :]
    value_at = len(statement) - len(rest.lstrip(" \t"))
    if statement[value_at : value_at + 1] in _CLOSING:
        return _parse_quoted(content, offset, text, number, name, value_at)
    comment = _COMMENT.search(rest)
    value = (rest if comment is None else rest[: comment.start()]).strip(" \t")
    value_at = value_at if value else equals + 1
    return _assignment(number, text, name, value_at, value_at + len(value))


def _name_end(statement: str, begin: int, name_at: int) -> int | None:
    """Return the index of what separates name and value: `=`, the colon or the space of setx."""
    colon = _COLON.match(statement, name_at)
    if colon is not None:
        return colon.end() - 1
    setx = _SETX.match(statement, begin)
    if setx is not None:
        return setx.end()
    equals = statement.find("=", begin)
    return equals if equals >= 0 else None


def _parse_quoted(
    content: str, offset: int, text: str, number: int, name: str, value_at: int
) -> Line:
    quote = text[value_at]
    begin = offset + value_at + 1
    closing = _CLOSING[quote].match(content, begin, begin + _QUOTED_WINDOW)
    after = _AFTER_QUOTE.match(content, closing.end()) if closing else None
    if closing is None or after is None:
        # The lines after it are parsed separately: an unclosed quote would otherwise contain every
        # line up to the next quote.
        same_line = closing is not None and closing.end() <= offset + len(text)
        cut = begin + _QUOTED_WINDOW < len(content)
        reason = (
            "There is text after the closing quote." if same_line else _unclosed_quote(quote, cut)
        )
        return _invalid_line(number, text, reason, name, unclosed=not same_line)
    source = content[offset : after.end()]
    control = _CONTROL.search(source)
    if control is not None:
        at = number + source.count("\n", 0, control.start())
        return _invalid_line(
            number, source, f"Line {at} contains {_character_name(control[0])}.", name
        )
    return _assignment(number, source, name, value_at, closing.end() - offset)


def _assignment(number: int, source: str, name: str, start: int, end: int) -> Line:
    value = read_value(source[start:end])
    error = None
    if len(value) > MAX_VALUE_LENGTH:
        error = f"The value is longer than {MAX_VALUE_LENGTH:,} characters."
    return Line(
        "assignment", number, Secret(source), name, Secret(value), error, start=start, end=end
    )


def _invalid_line(
    number: int, source: str, reason: str, name: str | None = None, unclosed: bool = False
) -> Line:
    return Line("invalid", number, Secret(source), name, error=reason, unclosed=unclosed)


def _part_of_longer_text(line: Line, text: str, reason: str) -> Line:
    """Return an invalid line without a name for a line that is part of a longer text."""
    return line if line.kind in ("blank", "comment") else _invalid_line(line.number, text, reason)


def _is_base64_end(line: Line, text: str, before: str) -> bool:
    """Return whether a line is the end of a base64 text, with `=` as padding."""
    ending = _BASE64_END.fullmatch(text.removeprefix(BYTE_ORDER_MARK))
    if ending is None or (line.value is not None and line.value.reveal().strip("=")):
        return False
    if _MIXED.match(ending[1]) and len(ending[2]) > 1:
        return True
    if _BASE64.fullmatch(before) and len(ending[1] + ending[2]) % 4 == 0:
        return True
    long = len(ending[1]) >= _MIN_ENCODED_LENGTH and any(map(str.isdigit, ending[1]))
    return long and _MIXED.match(ending[1]) is not None


def _opens_block(line: Line, text: str) -> bool:
    return line.kind != "comment" and not line.quote and text.rfind(_BEGIN) > text.rfind(_END)


def _block_end(texts: list[str], begin: int) -> int:
    """Return the index after the last line of the block whose first line is before `begin`."""
    end = begin
    for index in range(begin, len(texts)):
        if _BEGIN in texts[index]:
            break
        if _END in texts[index]:
            return index + 1
        if end == index and _IN_BLOCK.fullmatch(texts[index].rstrip("\r\n")):
            end = index + 1
    return end


def _unclosed_quote(quote: str, cut: bool) -> str:
    return f"The quote {quote} is not closed" + (
        f" within {_QUOTED_WINDOW:,} characters." if cut else "."
    )


def _character_name(character: str) -> str:
    return "a NUL byte" if character == "\0" else f"a control character (U+{ord(character):04X})"


def _too_large(limit: str) -> Problem:
    return Problem("invalid_field", f"A .env file has {limit}.", field="content")
