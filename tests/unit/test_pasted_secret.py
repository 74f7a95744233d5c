"""A pasted secret is cleaned with a notice, refused with a reason, or left as it is (S10)."""

from __future__ import annotations

import pytest

from api.credentials import AuthScheme
from api.errors import Problem
from api.services.keys.catalogue import Catalogue
from api.services.keys.pasted_secret import clean_pasted_secret

KEY = "sk-proj-" + "Ab3dEf6hIj9kLm2n" * 2
BARE = "q7Zx2LmT9vKd4RwN8sHb"
CATALOGUE = Catalogue.load()
BEARER = AuthScheme("bearer")
BASIC = AuthScheme("basic", username="me")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"Bearer {KEY}", ["“Bearer”"]),
        (f'"{KEY}"', ["quotation marks"]),
        (f"'{KEY}'", ["quotation marks"]),
        (f"`{KEY}`", ["quotation marks"]),
        (f"“{KEY}”", ["quotation marks"]),
        (f"OPENAI_API_KEY={KEY}", ["variable name"]),
        (f"export OPENAI_API_KEY='{KEY}'\n", ["variable name", "quotation marks"]),
        (f"set OPENAI_API_KEY={KEY}", ["variable name"]),
        (f'$env:OPENAI_API_KEY = "{KEY}"', ["variable name", "quotation marks"]),
        (f"OPENAI_API_KEY: {KEY}", ["variable name"]),
        (f'"OPENAI_API_KEY": "{KEY}",', ["variable name", "quotation marks"]),
        (f"api_key={KEY}", ["variable name"]),
        (f"Authorization: Bearer {KEY}", ["Authorization", "“Bearer”"]),
        (f'Bearer "{KEY}"', ["“Bearer”", "quotation marks"]),
        (f"{KEY},", ["punctuation"]),
    ],
)
def test_what_is_pasted_with_a_secret_is_removed_with_a_notice(text: str, words: list[str]) -> None:
    provider = CATALOGUE.get("openai")

    pasted = clean_pasted_secret(text, BEARER, provider)

    assert pasted.secret.reveal() == KEY
    assert len(pasted.notices) == len(words)
    for notice, word in zip(pasted.notices, words, strict=True):
        assert word in notice and KEY not in notice


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$OPENAI_API_KEY", "name of a variable"),
        ("${OPENAI_API_KEY}", "name of a variable"),
        ("%OPENAI_API_KEY%", "name of a variable"),
        ('"$OPENAI_API_KEY"', "name of a variable"),
        ("op://vault/openai/key", "stored elsewhere"),
        ("<your key>", "placeholder"),
        ("sk-...", "shortened"),
        ("sk-proj-********abcd", "shortened"),
        ("…wxyz", "shortened"),
        (f'curl -H "Authorization: Bearer {KEY}" https://api.openai.com', "command"),
        (f'{{"api_key": "{KEY}"}}', "JSON"),
        (f"https://api.openai.com/?key={KEY}", "URL"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "private key"),
        (f"\u200b{KEY}", "U+200B"),
        (f'"{KEY}', "one end"),
        (f"{KEY}'", "one end"),
    ],
)
def test_a_text_without_a_clear_secret_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(Problem) as caught:
        clean_pasted_secret(text, BEARER, CATALOGUE.get("openai"))

    assert (caught.value.code, caught.value.field) == ("invalid_field", "secret")
    assert words in caught.value.detail and KEY not in caught.value.detail


@pytest.mark.parametrize(
    ("text", "auth", "provider"),
    [
        (KEY, BEARER, "openai"),
        ("QUJDREVGRw==", BEARER, None),
        ("a=b=c", BEARER, None),
        (" lead", BEARER, None),
        ("trail\n", BEARER, None),
        ("", BEARER, None),
        ("two words", AuthScheme("query", name="key"), None),
        ("Token of mine", BASIC, None),
        ("Bearer 4711", BASIC, None),
        ("key=value1", BASIC, None),
        ('pass"word', BASIC, None),
        ('"half', BASIC, None),
        ("pa$$WORD", BASIC, None),
        (f"Bearer {BARE}", AuthScheme("header", name="Authorization"), None),
        ("FlyV1 fm2_" + BARE * 3, BEARER, "fly"),
    ],
)
def test_a_secret_that_only_looks_wrapped_stays_as_it_is(
    text: str, auth: AuthScheme, provider: str | None
) -> None:
    pasted = clean_pasted_secret(text, auth, CATALOGUE.get(provider) if provider else None)

    assert (pasted.secret.reveal(), pasted.notices) == (text, ())


@pytest.mark.parametrize(
    ("slug", "prefix"),
    [("deepl", "DeepL-Auth-Key "), ("discord", "Bot "), ("pagerduty", "Token token=")],
)
def test_the_prefix_that_the_proxy_adds_is_removed(slug: str, prefix: str) -> None:
    provider = CATALOGUE.get(slug)
    assert provider is not None

    pasted = clean_pasted_secret(prefix + BARE, provider.auth, provider)

    assert pasted.secret.reveal() == BARE
    assert "sent anyway" in pasted.notices[0]
