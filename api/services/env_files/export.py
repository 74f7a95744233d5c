"""Write a safe `.env` file: a token and base URLs of the proxy instead of keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from api.secret import Secret
from api.services.env_files.base_urls import BaseUrlIndex, Words, base_url_levels, is_same_site
from api.services.env_files.exported_apis import ExportedApi
from api.services.env_files.key_base_urls import BaseUrlFinder
from api.services.env_files.key_recognition import KeyRecogniser
from api.services.env_files.key_values import FoundKeys
from api.services.env_files.provider_matching import ProviderMatcher
from api.services.env_files.secret_lines import looks_secret
from api.services.env_files.syntax import BYTE_ORDER_MARK, Line, write_value
from api.services.keys.catalogue import Catalogue
from api.services.keys.non_keys import is_plain_setting, non_key_reason
from api.services.keys.randomness import looks_random

PLACEHOLDER = "<your token>"
REMOVED = "<removed>"

_POSSIBLE_SECRET = re.compile(r"[^\s\0\"'`,;<>(){}\[\]=:/@?&#]{16,}|[^\s\"'`,;=]{16,}")


class SecretLine(msgspec.Struct, frozen=True):
    """A line of an exported file that still looks like a secret. Lines are counted from 1.

    `original_line` is its number in the original file.
    """

    line: int
    original_line: int
    name: str | None


class ExportedFile(msgspec.Struct, frozen=True):
    """The text of an exported file, the APIs that it is for, and the lines to look at."""

    content: str
    apis: tuple[str, ...]
    secrets: tuple[SecretLine, ...]


class _KeyLine(msgspec.Struct, frozen=True):
    """A line whose value a token replaces."""

    api: ExportedApi
    found: FoundKeys


class EnvWriter:
    """Write a file from the lines of the original.

    `find_apis` returns the API names whose pools contain a value. Without `token`, a placeholder
    is written. A value is replaced only in a variable of an API in `apis`, or if it equals a long
    random secret of such an API. The base URL of a replaced key becomes the proxy's, because a
    token must not be sent to another host. Everything else stays as it is.
    """

    def __init__(
        self,
        apis: list[ExportedApi],
        catalogue: Catalogue,
        matcher: ProviderMatcher,
        find_apis: Callable[[Secret], list[str]],
        token: str | None,
    ) -> None:
        self._apis = apis
        self._catalogue = catalogue
        self._matcher = matcher
        self._recogniser = KeyRecogniser(matcher)
        self._find_apis = find_apis
        self._token = PLACEHOLDER if token is None else token
        self._by_name = {api.api_name: api for api in apis}
        self._by_key = {name: api for api in apis for name in api.keys}
        self._by_base_url = {name: api for api in apis for name in api.base_urls}
        self._by_provider = {api.provider: api for api in apis if api.provider is not None}
        self._with_key: set[str] = set()
        self._with_base_url: set[str] = set()
        self._replaced: set[str] = set()
        self._key_lines: dict[int, _KeyLine] = {}
        self._base_url_lines: dict[int, ExportedApi] = {}
        self._kept: set[int] = set()
        self._parts: list[str] = []
        self._secrets: list[SecretLine] = []
        # The lines in the first `_counted` parts.
        self._lines_written = self._counted = 0
        self._line_end = "\n"

    def write(self, lines: list[Line]) -> ExportedFile:
        """Return the file: `lines` without the keys of the APIs, then the missing variables."""
        if any(line.source.reveal().endswith("\r\n") for line in lines):
            self._line_end = "\r\n"
        self._find_key_lines(lines)
        self._base_url_lines = self._find_base_url_lines(lines)
        for line in lines:
            api = self._base_url_owner(line)
            if api is not None and (line.name in api.base_urls or not api.sdk_reads_base_url):
                self._with_base_url.add(api.api_name)
        for line in lines:
            self._add(line)
        for api in self._apis:
            self._add_missing(api)
        apis = tuple(api.api_name for api in self._apis)
        return ExportedFile("".join(self._parts), apis, tuple(self._secrets))

    def _add(self, line: Line) -> None:
        owner = self._base_url_owner(line) or self._base_url_lines.get(line.number)
        key_line = self._key_lines.get(line.number)
        if owner is not None:
            self._replace(line, write_value(owner.url, line.quote))
        elif key_line is not None:
            self._add_key(line, key_line)
        else:
            self._keep(line)

    def _add_key(self, line: Line, key_line: _KeyLine) -> None:
        api, found = key_line.api, key_line.found
        # Before a comment, dotenv for Python needs a space.
        comment = f" {found.comment}" if found.comment and not line.quote else ""
        self._replace(
            line, write_value(found.before + api.token_prefix + self._token, line.quote) + comment
        )
        if api.api_name not in self._with_base_url:
            self._end_line()
            self._add_base_url(api, "export " if line.exported else "")

    def _keep(self, line: Line) -> None:
        """Copy a line without the secrets of the exported APIs, and note whether one is left."""
        kept = self._without_secrets(line.source.reveal())
        if kept != line.source.reveal():
            line = msgspec.structs.replace(
                line, source=Secret(kept), value=line.value if line.kind != "assignment" else None
            )
        if line.number in self._kept or looks_secret(line, self._matcher) or self._has_stored(kept):
            for part in self._parts[self._counted :]:
                self._lines_written += part.count("\n")
            self._counted = len(self._parts)
            number = self._lines_written + 1
            self._secrets.append(SecretLine(number, line.number, line.name))
        self._parts.append(kept)

    def _find_key_lines(self, lines: Sequence[Line]) -> None:
        """Find the lines that a token replaces, and the keys in them."""
        base_urls = BaseUrlFinder(self._catalogue, self._matcher, lines)
        for line in lines:
            if line.kind != "assignment" or line.name is None or line.value is None:
                continue
            key_line = self._key_line(line.name, line.value.reveal())
            if key_line is None or self._base_url_owner(line) is not None:
                continue
            self._with_key.add(key_line.api.api_name)
            if self._is_foreign(line.name, key_line, base_urls):
                continue
            self._key_lines[line.number] = key_line
            keys = (line.value.reveal(), line.raw, *key_line.found.keys)
            self._replaced.update(key for key in keys if self._is_long_random(key))

    def _key_line(self, name: str, value: str) -> _KeyLine | None:
        """Return the exported API that a variable's value is a key of, or None."""
        recognition = self._recogniser.recognise(name, value)
        found = recognition.found or FoundKeys((value,))
        exact = self._by_key.get(name)
        if recognition.action == "refuse":
            # It looks like a key of another provider, or has more than a key in it.
            by_value = self._by_value(found)
            if by_value is None and exact is not None:
                self._with_key.add(exact.api_name)
            return by_value
        if exact is not None:
            return _KeyLine(exact, found)
        if is_plain_setting(value) or not value.strip():
            return None
        provider = recognition.provider or self._matcher.by_name(name)
        if provider is not None:
            api = self._by_provider.get(provider.slug)
            return _KeyLine(api, found) if api is not None else None
        return self._by_value(found)

    def _by_value(self, found: FoundKeys) -> _KeyLine | None:
        """Return the exported API whose pool contains a value that is long and random."""
        for key in found.keys:
            if self._is_long_random(key):
                for api_name in self._find_apis(Secret(key)):
                    if api_name in self._by_name:
                        return _KeyLine(self._by_name[api_name], found)
        return None

    def _is_foreign(self, name: str, key_line: _KeyLine, base_urls: BaseUrlFinder) -> bool:
        """Return whether a key is not in the vault and, by the file, belongs to another host.

        Its line and the line of its base URL are kept.
        """
        provider = self._matcher.provider(key_line.api.provider)
        keys = [key for key in key_line.found.keys if non_key_reason(key) is None]
        if provider is None or not keys or any(self._find_apis(Secret(key)) for key in keys):
            return False
        variable = base_urls.variable(name, provider)
        if variable is None or variable.line.error is not None or variable.line.value is None:
            return False
        text = variable.line.value.reveal()
        if text.startswith(key_line.api.url) or base_urls.base_url(text, provider) is not None:
            return False
        self._kept.add(variable.line.number)
        self._with_base_url.add(key_line.api.api_name)
        return True

    def _find_base_url_lines(self, lines: list[Line]) -> dict[int, ExportedApi]:
        """Find the lines with the base URL of a key that a token replaces."""
        names = [(name, api) for api in self._apis for name in api.keys]
        names += [
            (line.name, self._key_lines[line.number].api)
            for line in lines
            if line.number in self._key_lines and line.name is not None
        ]
        candidates: list[tuple[int, Words | str, ExportedApi]] = []
        for name, api in names:
            provider = self._matcher.provider(api.provider)
            stems = self._matcher.stems(provider) if provider else []
            levels = base_url_levels(name, stems, api.base_urls)
            candidates += [
                (depth, words, api) for depth, level in enumerate(levels) for words in level
            ]
        most_specific: dict[Words | str, ExportedApi] = {}
        for _, words, api in sorted(candidates, key=lambda candidate: candidate[0]):
            most_specific.setdefault(words, api)
        base_urls = BaseUrlIndex(lines)
        owners: dict[int, ExportedApi] = {}
        for words, api in most_specific.items():
            provider = self._matcher.provider(api.provider)
            provider_url = provider.base_url if provider else None
            for variable in base_urls.get(words):
                line = variable.line
                value = line.value.reveal().strip() if line.value is not None else ""
                if not value or line.number in self._key_lines or line.number in self._kept:
                    continue
                if not is_same_site(variable.name, value, provider_url):
                    owners.setdefault(line.number, api)
        return owners

    def _base_url_owner(self, line: Line) -> ExportedApi | None:
        if line.name is None or line.kind != "assignment" or line.number in self._kept:
            return None
        exact = self._by_base_url.get(line.name)
        if exact is not None:
            return exact
        provider = self._matcher.base_url_owner(line.name)
        return self._by_provider.get(provider.slug) if provider is not None else None

    def _add_missing(self, api: ExportedApi) -> None:
        with_key = api.api_name in self._with_key
        if with_key and api.api_name in self._with_base_url:
            return
        self._end_line()
        if self._parts:
            self._parts.append(self._line_end)
        suffix = "" if api.label == api.api_name else f" ({api.api_name})"
        self._parts.append(f"# {api.label}{suffix}{self._line_end}")
        if not with_key:
            token = write_value(api.token_prefix + self._token)
            self._parts.append(f"{api.keys[0]}={token}{self._line_end}")
        if api.api_name not in self._with_base_url:
            self._add_base_url(api, "")

    def _add_base_url(self, api: ExportedApi, export: str) -> None:
        name = api.base_urls[0]
        if not api.sdk_reads_base_url:
            self._parts.append(
                f"# No SDK reads this variable: pass it as the base URL.{self._line_end}"
            )
        self._parts.append(f"{export}{name}={write_value(api.url)}{self._line_end}")
        self._with_base_url.add(api.api_name)

    def _replace(self, line: Line, text: str) -> None:
        after = line.after
        self._parts += [line.before, text, self._without_secrets(after)]

    def _without_secrets(self, text: str) -> str:
        """Remove replaced keys and the long random secrets of the exported APIs from a text."""
        for part in self._parts_of(text):
            if part in self._replaced or any(
                api_name in self._by_name for api_name in self._stored_apis(part)
            ):
                text = text.replace(part, REMOVED)
        return text

    def _has_stored(self, text: str) -> bool:
        return any(self._stored_apis(part) for part in self._parts_of(text))

    def _parts_of(self, text: str) -> list[str]:
        parts = (*_POSSIBLE_SECRET.findall(text), *self._matcher.keys_in(text))
        return sorted(set(parts), key=len, reverse=True)

    def _stored_apis(self, part: str) -> list[str]:
        """Return the APIs whose pools contain a long random text."""
        api_names = self._find_apis(Secret(part))
        return api_names if api_names and self._is_long_random(part) else []

    def _is_long_random(self, text: str) -> bool:
        return looks_random(text) or bool(self._matcher.by_shape(text))

    def _end_line(self) -> None:
        before = next((text for text in reversed(self._parts) if text), "\n")
        if not before.endswith("\n") and before != BYTE_ORDER_MARK:
            self._parts.append(self._line_end)
