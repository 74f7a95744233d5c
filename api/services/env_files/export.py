"""Writes a safe `.env`: a token and base URLs of the proxy in the place of keys."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.secret import Secret
from api.services.env_files.base_urls import Addresses, Words, address_levels, is_of_same_site
from api.services.env_files.provider_matching import REMOVED, Recognition, is_switch, why_no_key
from api.services.env_files.syntax import BYTE_ORDER_MARK, Line, write_value
from api.services.keys.catalogue import Provider

PLACEHOLDER = "<your token>"

# A shorter value may stand in a text by chance.
_SHORTEST_REMOVED = 8
# No kept text holds one: such lines are left out.
_BOUNDARY = "\0"


class ExportedApi(msgspec.Struct, frozen=True):
    """An API whose variables are written.

    `keys` and `base_urls` are the variables that mean the same, the one to be written first.
    `told` says that an SDK reads that base URL by itself.
    """

    api_name: str
    label: str
    provider: str | None
    keys: tuple[str, ...]
    base_urls: tuple[str, ...]
    url: str
    told: bool


def exported_apis(providers: dict[str, Provider | None], proxy: str) -> list[ExportedApi]:
    """The APIs of `providers` (API name to catalogue entry), by name; `proxy` is `/proxy`'s URL.

    A provider's usual variables belong to the API that is called like it, else to its first one;
    its other APIs, and those without a provider, have variables after their own name.
    """
    first: dict[str, str] = {}
    for name, provider in sorted(providers.items()):
        if provider is not None and (provider.slug == name or provider.slug not in first):
            first[provider.slug] = name
    return [
        _exported(name, provider, provider is not None and first[provider.slug] == name, proxy)
        for name, provider in sorted(providers.items())
    ]


def _exported(name: str, provider: Provider | None, usual: bool, proxy: str) -> ExportedApi:
    variable = name.upper().replace("-", "_")
    variable = f"_{variable}" if variable[0].isdigit() else variable
    keys: tuple[str, ...] = (f"{variable}_API_KEY",)
    base_urls: tuple[str, ...] = (f"{variable}_BASE_URL",)
    told = False
    if usual and provider is not None:
        keys = tuple(dict.fromkeys(provider.env.key + keys))
        base_urls = tuple(dict.fromkeys(provider.env.base_url + base_urls))
        told = bool(provider.env.base_url)
    return ExportedApi(
        api_name=name,
        label=" ".join(provider.name.split()) if provider else name,
        provider=provider.slug if provider and usual else None,
        keys=keys,
        base_urls=base_urls,
        url=f"{proxy}/{name}{provider.sdk_path if provider else ''}",
        told=told,
    )


class EnvWriter:
    """Puts the file together: `add` every line of the original, then `finish`.

    `apis_of` names the APIs in whose pools a value is stored. Without `token` a placeholder stands
    for it. The key of an API that is not in `apis` is emptied, since a token must not go to that
    key's own host; for the same reason the address that goes with a token is the proxy's. Whatever
    else equals a replaced key, or has the shape of a key, is removed.
    """

    def __init__(
        self,
        apis: list[ExportedApi],
        recognition: Recognition,
        apis_of: Callable[[Secret], list[str]],
        token: str | None,
    ) -> None:
        self._apis = apis
        self._recognition = recognition
        self._apis_of = apis_of
        self._token = PLACEHOLDER if token is None else token
        self._by_name = {api.api_name: api for api in apis}
        self._by_key = {name: api for api in apis for name in api.keys}
        self._by_base_url = {name: api for api in apis for name in api.base_urls}
        self._by_provider = {api.provider: api for api in apis if api.provider is not None}
        self._with_key: set[str] = set()
        self._with_base_url: set[str] = set()
        self._replaced: set[str] = set()
        self._beside: dict[int, ExportedApi] = {}
        # (text, whether it was the original's): only that is searched for keys.
        self._parts: list[tuple[str, bool]] = []
        self._line_end = "\n"

    def write(self, lines: list[Line]) -> str:
        """The file: `lines` without keys, and what they lack at the end."""
        if any(line.source.reveal().endswith("\r\n") for line in lines):
            self._line_end = "\r\n"
        self._beside = self._addresses(lines)
        for line in lines:
            api = self._base_url_owner(line)
            if api is not None and (line.name in api.base_urls or not api.told):
                self._with_base_url.add(api.api_name)
        for line in lines:
            self._add(line)
        for api in self._apis:
            self._add_missing(api)
        return self._finished()

    def _add(self, line: Line) -> None:
        if line.kind == "broken":
            self._own(f"# Line {line.number} is left out. {line.refusal}{self._line_end}")
            return
        owner = self._base_url_owner(line) or self._beside.get(line.number)
        if owner is not None:
            self._replace(line, write_value(owner.url, line.quote))
        elif line.name is not None and line.value is not None:
            self._add_variable(line, line.name, line.value)
        else:
            self._keep(line.source.reveal())

    def _addresses(self, lines: list[Line]) -> dict[int, ExportedApi]:
        """The lines with an address that goes with a key whose place a token takes."""
        names = [(name, api) for api in self._apis for name in api.keys]
        replaced: set[int] = set()
        for line in lines:
            if line.name is not None and line.value is not None and not self._base_url_owner(line):
                is_key, api = self._key_owner(line.name, line.value)
                if is_key and api is not None:
                    names.append((line.name, api))
                    replaced.add(line.number)
        places: list[tuple[int, Words | str, ExportedApi]] = []
        for name, api in names:
            provider = self._recognition.provider(api.provider)
            stems = self._recognition.stems(provider) if provider else []
            levels = address_levels(name, stems, api.base_urls)
            places += [(depth, words, api) for depth, level in enumerate(levels) for words in level]
        nearest: dict[Words | str, ExportedApi] = {}
        for _, words, api in sorted(places, key=lambda place: place[0]):
            nearest.setdefault(words, api)
        addresses = Addresses(lines)
        beside: dict[int, ExportedApi] = {}
        for words, api in nearest.items():
            provider = self._recognition.provider(api.provider)
            base_url = provider.base_url if provider else None
            for address in addresses.at(words):
                line = address.line
                value = line.value.reveal().strip() if line.value is not None else ""
                if not value or line.number in replaced:
                    continue
                if not is_of_same_site(address.name, value, base_url):
                    beside.setdefault(line.number, api)
        return beside

    def _add_variable(self, line: Line, name: str, value: Secret) -> None:
        is_key, api = self._key_owner(name, value)
        no_key = why_no_key(value.reveal()) is not None
        if not is_key or (no_key and api is None):
            self._keep(line.source.reveal())
            return
        if not no_key:
            self._replaced.update((value.reveal(), line.raw))
        if api is None:
            self._own(f"# {name} is left out: its API is not in this file.{self._line_end}")
            self._replace(line, "")
            return
        self._replace(line, write_value(self._token, line.quote))
        self._with_key.add(api.api_name)
        if api.api_name not in self._with_base_url:
            self._end_line()
            self._add_base_url(api, "export " if line.exported else "")

    def _base_url_owner(self, line: Line) -> ExportedApi | None:
        if line.name is None or line.kind != "assignment":
            return None
        exact = self._by_base_url.get(line.name)
        if exact is not None:
            return exact
        provider = self._recognition.base_url_owner(line.name)
        return self._by_provider.get(provider.slug) if provider is not None else None

    def _key_owner(self, name: str, value: Secret) -> tuple[bool, ExportedApi | None]:
        """Whether it is a key, and the exported API that it is of."""
        exact = self._by_key.get(name)
        if exact is not None:
            return True, exact
        if is_switch(value.reveal()):
            return False, None
        providers = self._recognition.candidates(name, value.reveal())
        stored = self._apis_of(value)
        owners = [self._by_provider.get(provider.slug) for provider in providers]
        if self._recognition.by_name(name) is None:
            owners += [self._by_name.get(api_name) for api_name in stored]
        owner = next((owner for owner in owners if owner is not None), None)
        return bool(providers or stored), owner

    def _add_missing(self, api: ExportedApi) -> None:
        with_key = api.api_name in self._with_key
        if with_key and api.api_name in self._with_base_url:
            return
        self._end_line()
        if self._parts:
            self._own(self._line_end)
        named = "" if api.label == api.api_name else f" ({api.api_name})"
        self._own(f"# {api.label}{named}{self._line_end}")
        if not with_key:
            self._own(f"{api.keys[0]}={write_value(self._token)}{self._line_end}")
        if api.api_name not in self._with_base_url:
            self._add_base_url(api, "")

    def _add_base_url(self, api: ExportedApi, export: str) -> None:
        name = api.base_urls[0]
        if not api.told:
            self._own(f"# No SDK reads this by itself: pass it on as the base URL.{self._line_end}")
        self._own(f"{export}{name}={write_value(api.url)}{self._line_end}")
        self._with_base_url.add(api.api_name)

    def _replace(self, line: Line, text: str) -> None:
        self._keep(line.before)
        self._own(text)
        self._keep(line.after)

    def _keep(self, text: str) -> None:
        self._parts.append((text.removeprefix(BYTE_ORDER_MARK), True))

    def _own(self, text: str) -> None:
        self._parts.append((text, False))

    def _end_line(self) -> None:
        before = next((text for text, _ in reversed(self._parts) if text), "\n")
        if not before.endswith("\n"):
            self._own(self._line_end)

    def _finished(self) -> str:
        kept = _BOUNDARY.join(text for text, original in self._parts if original)
        for value in sorted(self._replaced, key=len, reverse=True):
            if len(value) >= _SHORTEST_REMOVED:
                kept = kept.replace(value, REMOVED)
        rest = iter(self._recognition.without_keys(kept).split(_BOUNDARY))
        return "".join(next(rest) if original else text for text, original in self._parts)
