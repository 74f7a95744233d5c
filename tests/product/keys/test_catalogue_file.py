"""A catalogue file of the user adds or replaces providers, or is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from api.errors import SettingError
from api.services.keys.catalogue import Catalogue
from api.services.keys.catalogue_file import CatalogueError

BUILT_IN = Catalogue.load().all()


def entry(**changes: object) -> dict[str, object]:
    """Return a valid entry of a user's file with `changes`; the value ... removes a member."""
    whole = {
        "slug": "in-house",
        "name": "In-house",
        "base_url": "https://api.example.org/v2",
        "auth": {"scheme": "header", "name": "X-Key"},
        "docs": "https://docs.example.org/auth",
        "env": {"key": ["IN_HOUSE_KEY"], "base_url": ["IN_HOUSE_URL"]},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def sdk(**changes: object) -> dict[str, object]:
    """Return an SDK as catalogue files of earlier versions have it, with `changes`."""
    return {"language": "python", "package": "x", "setup": "{token} {base_url}", **changes}


def write_file(folder: Path, *entries: object) -> str:
    path = folder / "own.json"
    path.write_text(json.dumps(entries))
    return str(path)


def test_a_check_in_a_users_file_cannot_use_other_methods(tmp_path: Path) -> None:
    check = {"method": "DELETE", "path": "/all", "valid": [200], "invalid": [401]}
    with pytest.raises(CatalogueError, match=r"check\.method"):
        Catalogue.load(write_file(tmp_path, entry(check=check)))


def test_a_users_file_adds_entries(tmp_path: Path) -> None:
    catalogue = Catalogue.load(write_file(tmp_path, entry()))
    own = catalogue.get("in-house")
    assert own is not None
    assert own.rate_limit_dialect == "generic"
    assert own in catalogue.all()
    assert len(catalogue.all()) == len(BUILT_IN) + 1
    assert catalogue.by_host("api.example.org")[0] == own
    assert catalogue.by_env_name("IN_HOUSE_KEY") == own
    assert catalogue.get("openai") is not None


def test_an_sdk_of_an_older_file_has_no_argument_and_no_tested_evidence(tmp_path: Path) -> None:
    own = Catalogue.load(write_file(tmp_path, entry(sdks=[sdk()]))).get("in-house")
    assert own is not None
    assert (own.sdks[0].argument, own.sdks[0].evidence) == ("", "documentation")
    assert own.sdks[0].framework is None


def test_an_sdk_may_use_the_apis_url_without_the_sdk_path(tmp_path: Path) -> None:
    line = 'client = C("{token}", "{api_url}/openai/v1")'
    own = Catalogue.load(write_file(tmp_path, entry(sdks=[sdk(setup=line)]))).get("in-house")
    assert own is not None
    assert own.sdks[0].setup == line


def test_a_users_file_may_use_the_clearer_field_names(tmp_path: Path) -> None:
    old_names = {"rate_limit": "github", "accepts": ["bearer"], "links": ["*_url"]}
    new_names = {
        "rate_limit_dialect": "github",
        "credential_locations": ["bearer"],
        "url_fields": ["*_url"],
    }
    providers = [
        Catalogue.load(write_file(tmp_path, entry(**names))).get("in-house")
        for names in (old_names, new_names)
    ]
    assert providers[0] is not None
    assert providers[0] == providers[1]
    assert providers[0].rate_limit_dialect == "github"
    assert providers[0].credential_locations == ("bearer",)
    assert providers[0].url_fields == ("*_url",)


def test_a_users_file_replaces_entries_and_takes_over_their_variables(tmp_path: Path) -> None:
    catalogue = Catalogue.load(
        write_file(
            tmp_path,
            entry(slug="stripe", env={"key": ["STRIPE_API_KEY"]}),
            entry(base_url="https://api.groq.com", env={"key": ["GROQ_API_KEY"]}),
        )
    )
    replaced, added = catalogue.get("stripe"), catalogue.get("in-house")
    assert replaced is not None
    assert replaced.name == "In-house"
    assert len(catalogue.all()) == len(BUILT_IN) + 1
    assert catalogue.by_env_name("STRIPE_SECRET_KEY") is None
    assert catalogue.by_env_name("GROQ_API_KEY") == added
    assert catalogue.by_host("api.groq.com")[0] == added


def test_an_entry_with_the_basic_scheme_needs_no_user_name(tmp_path: Path) -> None:
    catalogue = Catalogue.load(write_file(tmp_path, entry(auth={"scheme": "basic"})))
    own = catalogue.get("in-house")
    assert own is not None
    assert own.auth.username is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "In House"}, "slug"),
        ({"slug": "x\n"}, "slug"),
        ({"slug": ...}, "slug"),
        ({"name": 5}, "name"),
        ({"colour": "red"}, "colour"),
        ({"base_url": "ftp://example.org"}, "base_url"),
        ({"base_url": "https://user@example.org"}, "base_url"),
        ({"base_url": None}, "base_url"),
        ({"base_url_example": "https://YOURS.example.org"}, "base_url"),
        ({"base_url": "https://api.example.org/{token}"}, "base_url"),
        ({"auth": {"scheme": "path", "name": "token"}}, "base_url"),
        ({"auth": {"scheme": "digest"}}, r"auth\.scheme"),
        ({"auth": {"scheme": "header"}}, r"auth\.name"),
        ({"auth": {"scheme": "header", "name": "Host"}}, r"auth\.name"),
        ({"auth": {"scheme": "header", "name": "X-Key", "prefix": "a\r\n"}}, r"auth\.prefix"),
        ({"rate_limit": "guess"}, "rate_limit"),
        ({"docs": "javascript:alert(1)"}, "docs"),
        ({"keys_url": "http://example.org"}, "keys_url"),
        ({"check": {"path": "me", "valid": [200], "invalid": [401]}}, r"check\.path"),
        ({"check": {"path": "/me", "valid": [2000], "invalid": []}}, r"check\.valid"),
        ({"env": {"key": ["NOT A NAME"]}}, r"env\.key"),
        ({"sdk_path": "v1"}, "sdk_path"),
        ({"key_pattern": "("}, "key_pattern"),
        ({"accepts": ["cookie:key"]}, "accepts"),
        ({"rate_limit_dialect": "guess"}, r"\$\.rate_limit_dialect`"),
        ({"credential_locations": ["cookie:key"]}, r"\$\.credential_locations\["),
        ({"url_fields": ["a b"]}, r"\$\.url_fields\["),
        ({"rate_limit": "none", "rate_limit_dialect": "none"}, "either `rate_limit` or"),
        ({"accepts": [], "credential_locations": []}, "either `accepts` or"),
        ({"links": [], "url_fields": []}, "either `links` or"),
        ({"links": ["a b"]}, "links"),
        ({"further_hosts": [{"fields": ["a"], "hosts": ["*.com"]}]}, "further_hosts"),
        ({"further_hosts": [{"fields": ["a"], "hosts": ["https://a.example"]}]}, "hosts"),
        ({"further_hosts": [{"fields": [], "hosts": ["a.example"]}]}, "fields"),
        (
            {"further_hosts": [{"fields": ["a"], "hosts": ["a.example"], "clients": "("}]},
            "regular expression",
        ),
        ({"links": ["*"]}, "links"),
        ({"links": ["a*"]}, "links"),
        ({"sdks": [{"language": "perl", "package": "x", "setup": "{token} {base_url}"}]}, "sdks"),
        ({"sdks": [{"language": "python", "package": "x", "setup": "{token}"}]}, "sdks"),
        ({"sdks": [{"language": "python", "package": "x", "setup": "{base_url}"}]}, "sdks"),
        ({"sdks": [{"language": "python", "package": "", "setup": "{token} {base_url}"}]}, "sdks"),
        ({"sdks": [sdk(evidence="hearsay")]}, r"sdks\[0\]\.evidence"),
        ({"sdks": [sdk(framework="")]}, r"sdks\[0\]\.framework"),
        ({"sdks": [sdk(argument="x" * 81)]}, r"sdks\[0\]\.argument"),
    ],
)
def test_an_invalid_entry_is_refused_with_file_entry_and_field(
    tmp_path: Path, changes: dict[str, object], field: str
) -> None:
    path = write_file(tmp_path, entry(slug="good"), entry(**changes))
    with pytest.raises(CatalogueError, match=field) as caught:
        Catalogue.load(path)
    assert path in str(caught.value)
    assert re.search(r"Entry 2\b", str(caught.value))


def test_two_entries_with_one_slug_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"Entry 2 \(in-house\).*slug"):
        Catalogue.load(write_file(tmp_path, entry(), entry()))


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b'"text"', b"\xff\xfe"])
def test_a_file_that_is_not_a_json_array_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.json"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=re.escape(str(path))):
        Catalogue.load(str(path))


@pytest.mark.parametrize("content", [b"[1]", b"[null]", b'["text"]', b'[{"slug": 3}]', b"[[]]"])
def test_an_entry_that_is_not_an_object_is_refused_with_its_number(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "own.json"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"Entry 1\b"):
        Catalogue.load(str(path))


def test_a_missing_file_is_refused_as_a_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"missing\.json cannot be read"):
        Catalogue.load(str(tmp_path / "missing.json"))
