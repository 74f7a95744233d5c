"""`.env` files are parsed without loss, and errors are reported by line number."""

from __future__ import annotations

import random

import msgspec
import pytest

from api.errors import Problem
from api.services.env_files.syntax import MAX_LINES, MAX_VALUE_LENGTH, Line, parse_env, write_value


def only(content: str) -> Line:
    lines = parse_env(content)
    assert len(lines) == 1, lines
    return lines[0]


def value(line: Line) -> str:
    assert line.value is not None, line.error
    return line.value.reveal()


def joined(lines: list[Line]) -> str:
    return "".join(line.source.reveal() for line in lines)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("A=b", "b"),
        ("A=b\n", "b"),
        ("A=b\r\n", "b"),
        ("\ufeffA=b\n", "b"),
        ("export A=b", "b"),
        ("  export\tA = b  ", "b"),
        ("A=", ""),
        ("A= # nothing", ""),
        ("A=#b", "#b"),
        ("A=b#c", "b#c"),
        ("A=b c # d", "b c"),
        ("A=b=c==", "b=c=="),
        ("A='b # c'", "b # c"),
        ("A='b\\n$c'", "b\\n$c"),
        ('A="b # c" # d', "b # c"),
        ('A="b\\nc\\t\\"d\\" \\\\ \\$e \\x"', 'b\nc\t"d" \\ $e \\x'),
        ('A=`it\'s "b"`', 'it\'s "b"'),
        ('A="b\nc"', "b\nc"),
        ('A="b\r\nc"\r\n', "b\nc"),
        ("A='b\n# c\nD=e'\n", "b\n# c\nD=e"),
        ("A=it's", "it's"),
        ("A: b", "b"),
        ('A: "b"', "b"),
        ("A : b=c", "b=c"),
        ("A:", ""),
        ("set A=b", "b"),
        ("SET A=b\r\n", "b"),
        ("setx A b", "b"),
        ('setx A "b c"', "b c"),
        ("$env:A = 'b'", "b"),
        ('declare -x A="b"', "b"),
        ("ENV A=b", "b"),
        ("- A=b", "b"),
        ('A="b",', "b"),
        ("A='b'; # c", "b"),
    ],
)
def test_a_value_is_read_as_dotenv_reads_it(content: str, expected: str) -> None:
    line = only(content)

    assert (line.kind, line.name, line.error) == ("assignment", "A", None)
    assert value(line) == expected
    assert line.source.reveal() == content


def test_a_statement_has_the_number_of_its_first_line() -> None:
    lines = parse_env("# one\n\nA='b\nc\n'\r\nD=e\n")

    assert [(line.number, line.kind, line.name) for line in lines] == [
        (1, "comment", None),
        (2, "blank", None),
        (3, "assignment", "A"),
        (6, "assignment", "D"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("A=sk-hidden\0", "NUL byte"),
        ("# sk-hidden\0", "NUL byte"),
        ("A=sk-hidden\x07", "U+0007"),
        ("A=sk-hidden\rB=c", "U+000D"),
        ("A=sk-hidden\x85", "U+0085"),
        ("sk-hidden", "no equals sign"),
        ("export", "no equals sign"),
        ("1A=sk-hidden", "name"),
        ("=sk-hidden", "name"),
        ("A B=sk-hidden", "name"),
        ("A:sk-hidden=x", "name"),
        ("\u00c4=sk-hidden", "name"),
        ('A="sk-hidden', 'The quote " is not closed.'),
        ("A='sk-hidden\\", "not closed."),
        ('A="sk-hidden" B', "after the closing quote"),
        (f"A={'sk-hidden' * MAX_VALUE_LENGTH}", "longer than 8,192 characters"),
        (f"A={'s' * (MAX_VALUE_LENGTH + 1)}", "longer than 8,192 characters"),
    ],
)
def test_the_error_of_a_line_does_not_contain_its_value(content: str, reason: str) -> None:
    line = only(content)

    assert line.error is not None
    assert reason in line.error
    assert "hidden" not in line.error
    assert line.source.reveal() == content


def test_the_lines_after_an_unclosed_quote_are_parsed() -> None:
    lines = parse_env('A="b\nC=\'d\'\nE="f"\n')

    assert [(line.name, line.kind, line.number) for line in lines] == [
        ("A", "invalid", 1),
        ("C", "assignment", 2),
        ("E", "assignment", 3),
    ]
    assert "not closed" in (lines[0].error or "")


BLOCK = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg+/kq\nSecretTailx72EsSfUQUAkNX7LHQ7A==\n"
END = "-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("start", ['P="', "P='", "P=", "", 'P="x\n', "export P = "])
@pytest.mark.parametrize("end", [END, "", "Short1==\n" + END, "a_b=c\n" + END])
def test_an_unquoted_block_has_no_statements(start: str, end: str) -> None:
    content = f"{start}{BLOCK}{end}DEBUG=true\n"
    lines = parse_env(content)

    assert joined(lines) == content
    assert {line.name for line in lines} <= {None, "P", "DEBUG"}
    assert [line.kind for line in lines if line.name != "DEBUG"] == ["invalid"] * (len(lines) - 1)
    assert (lines[-1].kind, lines[-1].name) == ("assignment", "DEBUG")


def test_a_line_after_a_block_or_a_closed_value_is_a_statement() -> None:
    for content in (f'P="{BLOCK}{END}"\nlog_level=1\n', f"P={BLOCK}{END}log_level=1\n"):
        assert parse_env(content)[-1].name == "log_level"
    marks = parse_env("# -----BEGIN OURS-----\nlog_level=1\n# -----END OURS-----\n")
    assert [line.kind for line in marks] == ["comment", "assignment", "comment"]
    marks = parse_env('A="-----BEGIN X-----"\nlog_level=1\nB="-----END X-----"\n')
    assert [line.kind for line in marks] == ["assignment"] * 3


def test_after_an_unclosed_quote_only_plain_statements_are_read() -> None:
    lines = parse_env("A='b\nhidden=1\nQQ==\n# c\nhidden\nexport D_1 = e\nf=g\n")

    assert [(line.kind, line.name) for line in lines] == [
        ("invalid", "A"),
        ("invalid", None),
        ("invalid", None),
        ("comment", None),
        ("invalid", None),
        ("assignment", "D_1"),
        ("assignment", "f"),
    ]
    assert lines[1].error == "It follows an unclosed quote on line 1."


@pytest.mark.parametrize(
    "content",
    [
        "SecretTailx72EsSfUQUAkNX7LHQ7A==",
        "SecretTailx72EsSfUQUAkNX7LHQ7A=\r\n",
        "SecretTailx72EsSfUQUAkNX7LHQ7A",
        "SecretTail==",
        f"{'Ab3d' * 16}\nQQ==",
        f"{'Ab3d' * 16}\nQUI=",
    ],
)
def test_the_end_of_a_base64_text_is_not_a_statement(content: str) -> None:
    for line in parse_env(content):
        assert (line.kind, line.name, line.value) == ("invalid", None, None)


@pytest.mark.parametrize(
    "content",
    [
        "SEPARATOR==",
        "A=",
        "aRatherLongNameOfTheNewKind=",
        'A=""',
        "aB3=",
        "A_LONG_NAME_20_OF_OURS=",
    ],
)
def test_a_variable_without_a_value_is_a_statement(content: str) -> None:
    assert only(content).kind == "assignment"


def test_a_control_character_in_a_value_of_several_lines_is_reported_with_its_line() -> None:
    first, second = parse_env('A="b\nc\x1bd\n"\nE=f\n')

    assert first.kind == "invalid"
    assert "Line 2" in (first.error or "")
    assert "U+001B" in (first.error or "")
    assert (second.name, second.number) == ("E", 4)


def test_values_and_files_up_to_the_limits_are_parsed() -> None:
    assert value(only(f"A={'b' * MAX_VALUE_LENGTH}")) == "b" * MAX_VALUE_LENGTH
    escaped = '\\"' * (MAX_VALUE_LENGTH - 1)
    assert len(value(only(f'A="{escaped}"'))) == MAX_VALUE_LENGTH - 1
    assert len(parse_env("A=b\n" * MAX_LINES)) == MAX_LINES


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("A=b\n" * (MAX_LINES + 1), "5,001"),
        ("A=" + "b" * 1_048_575, "1,048,577"),
        ("A=" + "\u00e9" * 600_000, "1,200,002"),
    ],
)
def test_a_file_beyond_the_limits_is_refused_with_its_size(content: str, number: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_env(content)

    assert (caught.value.code, caught.value.field) == ("invalid_field", "content")
    assert number in caught.value.detail


def test_the_joined_sources_are_the_file_byte_for_byte() -> None:
    chance = random.Random(7)
    pieces = ["A", "=", " ", "#", '"', "'", "`", "\\", "\n", "\r\n", "\r", "export ", "\t", "\0"]
    pieces += ["\ufeff", "\u00e9", "\u2028", "\x0b", "b_c", "$", "A=b\n", 'A="', "'\n"]
    for _ in range(3000):
        content = "".join(chance.choices(pieces, k=chance.randrange(30)))

        lines = parse_env(content)

        assert joined(lines) == content
        for line in lines:
            source = line.source.reveal()
            assert line.before + source[line.start : line.end] + line.after == source


def test_line_numbers_count_the_lines_before_them() -> None:
    chance = random.Random(11)
    for _ in range(500):
        content = "".join(chance.choices(["A=", '"', "\n", "'", "x", "#", "\r\n", " "], k=40))
        before = ""
        for line in parse_env(content):
            assert line.number == before.count("\n") + 1
            before += line.source.reveal()


def test_s27_the_repr_and_json_of_a_line_hide_its_text() -> None:
    line = only("OPENAI_API_KEY=sk-hidden # also hidden")

    assert "hidden" not in repr(line) + str(line) + f"{line!s:>3}"
    with pytest.raises(TypeError):
        msgspec.json.encode(line)


@pytest.mark.parametrize("quote", ["", "'", '"', "`"])
@pytest.mark.parametrize(
    "text", ["apd_abc", "<your token>", "http://[::1]:8420/proxy/a", "a'b\"c\\d`e$f\ng"]
)
def test_a_written_value_is_parsed_to_the_same_text(text: str, quote: str) -> None:
    assert value(only(f"A={write_value(text, quote)}")) == text
