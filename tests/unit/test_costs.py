"""The sums in docs/costs.md are right."""

from __future__ import annotations

import ast
import operator
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "costs.md").read_text()
NUMBER = r"\d[\d,]*(?:\.\d+)?"
TIMES = "\u00d7"
TERM = rf"\(*{NUMBER}\)*(?: (?:GB-s|GB|MB|kB|s|calls))?"
SUMS = re.findall(rf"({TERM}(?: [{TIMES}+/-] {TERM})+) = ({NUMBER})", TEXT)
# Two figures are in words: of 14 of 30 days, and of one call in 300.
IN_WORDS = 2
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
FREE = {"million": 1e6, "TB": 1e12, "GB": 1e9, "GB-s": 1.0}
CALLS = 1_000_000


def number(text: str) -> float:
    """The first number of a text."""
    found = re.search(NUMBER, text)
    assert found is not None, text
    return float(found[0].replace(",", ""))


def calculated(expression: str) -> float:
    """The value of an expression as the document writes it."""
    plain = re.sub(r"[A-Za-z][A-Za-z-]*", "", expression).replace(",", "").replace(TIMES, "*")

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            return float(OPERATORS[type(node.op)](value(node.left), value(node.right)))
        return float(ast.unparse(node))

    return value(ast.parse(plain.strip(), mode="eval").body)


def is_rounded(exact: float, shown: str) -> bool:
    """Whether `shown` is `exact`, rounded to its digits."""
    decimals = len(shown.partition(".")[2])
    return bool(abs(exact - number(shown)) <= 0.5 / 10**decimals * 1.001)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without the table's own heading."""
    section = TEXT.partition(f"\n{heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table is not None
    return [
        [cell.strip(" *") for cell in line.strip("|").split("|")]
        for line in table[0].splitlines()[2:]
    ]


@pytest.mark.parametrize(("expression", "result"), SUMS, ids=range(len(SUMS)))
def test_every_sum_is_right(expression: str, result: str) -> None:
    assert is_rounded(calculated(expression), result)


def test_the_memory_is_that_of_a_stack() -> None:
    settings = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    memory = settings["proxyMemory"]["default"]
    assert f"| **{memory} MB** (`proxyMemory`) | 60 {TIMES} {memory / 1024:g} GB" in TEXT
    assert f"{settings['memory']['default']} MB (`memory`, at `API_GATEWAY_URL`)" in TEXT


def test_all_sums_are_found() -> None:
    assert len(SUMS) + IN_WORDS == len(re.findall(rf" = {NUMBER}", TEXT))


REQUEST = rows("## A request")


@pytest.mark.parametrize("row", REQUEST[:-1], ids=lambda row: row[0])
def test_a_line_of_a_request_is_usage_times_price_less_what_is_free(row: list[str]) -> None:
    _, uses, price, thousand, million, free, pay_thousand, pay_million = row
    used = number(uses.rpartition("=")[2]) * CALLS
    if "kB" in uses.rpartition("=")[2]:
        used *= 1000  # bytes
    unit = {"million": 1e6, "GB-s": 1.0, "GB": 1e9}[price.partition(" a ")[2].split()[0]]
    cost = used / unit * number(price)
    assert is_rounded(cost, million)
    assert is_rounded(cost / 1000, thousand)
    if free:
        size = FREE.get(free.partition(" ")[2], 1.0) * number(free)
        assert size >= used and (pay_thousand, pay_million) == ("0", "0")
    else:
        assert (pay_thousand, pay_million) == (thousand, million)


def test_the_sum_of_a_request_is_the_sum_of_its_lines() -> None:
    *lines, total = REQUEST
    for column in (3, 4, 6, 7):
        exact = sum(number(line[column]) for line in lines)
        assert abs(exact - number(total[column])) <= number(lines[0][3]) / 2, column
