"""Recovery keys as text."""

from __future__ import annotations

import random

import pytest

from api.operations.archive.recovery_keys import (
    RecoveryKey,
    RecoveryPublicKey,
    new_recovery_key,
    parse_public,
    parse_secret,
)
from api.operations.errors import OperationError
from tests.support.archives import RECOVERY_KEY


def test_new_keys_differ_and_come_back_from_their_text() -> None:
    first, other = new_recovery_key(), new_recovery_key()
    assert first.secret_text != other.secret_text
    assert first.secret_text.startswith("apdr_") and first.public_text.startswith("apdp_")
    assert parse_secret(first.secret_text).public_text == first.public_text
    assert parse_public(first.public_text) == first.public


def test_case_and_spaces_do_not_matter() -> None:
    text = RECOVERY_KEY.secret_text
    typed = f"  {text[:20].upper()} {text[20:40]}-\n{text[40:]}\n"
    assert parse_secret(typed).secret_text == text


def test_each_wrong_letter_is_noticed() -> None:
    draw = random.Random(1)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    for text, parse in (
        (RECOVERY_KEY.secret_text, parse_secret),
        (RECOVERY_KEY.public_text, parse_public),
    ):
        for position in range(5, len(text)):
            other = draw.choice(alphabet.replace(text[position], ""))
            with pytest.raises(OperationError, match="typing error"):
                parse(text[:position] + other + text[position + 1 :])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with apdr_"),
        ("apd_abc", "begins with apdr_"),
        ("apdr_", "has 0 characters"),
        (RECOVERY_KEY.secret_text[:-1], "has 57 characters"),
        (RECOVERY_KEY.secret_text[:-1] + "1", "typing error"),
        (RECOVERY_KEY.secret_text[:-1] + "é", "typing error"),
        (RECOVERY_KEY.public_text, "the secret part"),
    ],
)
def test_a_wrong_secret_is_refused_and_not_shown(text: str, message: str) -> None:
    with pytest.raises(OperationError, match=message) as refused:
        parse_secret(text)
    assert text[5:20] == "" or text[5:20] not in str(refused.value)


def test_a_secret_in_the_place_of_a_public_part_is_refused_and_not_shown() -> None:
    with pytest.raises(OperationError, match="give the public part") as refused:
        parse_public(RECOVERY_KEY.secret_text)
    assert RECOVERY_KEY.secret_text[5:] not in str(refused.value)


def test_a_public_part_to_which_everybody_has_the_secret_is_refused() -> None:
    with pytest.raises(OperationError, match="locks nothing"):
        parse_public(RecoveryPublicKey(bytes(32)).public_text)


def test_a_repr_shows_the_public_part_alone() -> None:
    assert RECOVERY_KEY.secret_text[5:] not in repr(RECOVERY_KEY)
    assert repr(RECOVERY_KEY) == f"RecoveryKey({RECOVERY_KEY.public_text})"
    with pytest.raises(TypeError):
        RecoveryKey(bytes(32)).__reduce__()
