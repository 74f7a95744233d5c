"""Official SDKs and common tools by what they can do, each with the real client, unchanged but for
base URL and token; and docs/sdks.md, which says what came out.
"""

from __future__ import annotations

import os

import pytest

from tests.sdk.document import DOCUMENT, written
from tests.sdk.matrix import Matrix
from tests.sdk.table import AWS_CELLS, CELLS
from tests.sdk.wire import AWS_DIFFERENCES, DIFFERENCES


@pytest.mark.parametrize(("name", "feature"), CELLS)
def test_a_client_works_unchanged(matrix: Matrix, name: str, feature: str) -> None:
    matrix.check(name, feature)


@pytest.mark.parametrize(("name", "feature"), AWS_CELLS)
def test_a_client_works_unchanged_on_aws(aws_matrix: Matrix, name: str, feature: str) -> None:
    aws_matrix.check(name, feature)


def test_every_explained_difference_on_the_wire_is_there(matrix: Matrix) -> None:
    for name, feature in CELLS:
        if feature == "wire":
            matrix.check(name, feature)
    assert matrix.differences == set(DIFFERENCES)


def test_every_explained_difference_on_the_wire_of_aws_is_there(aws_matrix: Matrix) -> None:
    for name, feature in AWS_CELLS:
        if feature == "wire":
            aws_matrix.check(name, feature)
    assert aws_matrix.differences == set(DIFFERENCES) - {"codings"} | set(AWS_DIFFERENCES)


def test_the_document_says_what_the_matrix_found(matrix: Matrix) -> None:
    text = DOCUMENT.read_text()
    found = written(text, matrix)
    if os.environ.get("WRITE_SDK_DOCS"):
        DOCUMENT.write_text(found)
    else:
        assert text == found, "run `make sdk-docs`, and look at what changed"
