"""The environment of a command: the SDK variables of its APIs, and none of the user's own keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import msgspec

from api.cli.running.targets import Target
from api.services.env_files.key_recognition import KeyRecogniser
from api.services.env_files.provider_matching import ProviderMatcher
from api.services.keys.catalogue import Catalogue
from api.services.keys.randomness import looks_random

# Some programs send requests by plain HTTP to the proxy of HTTPS_PROXY as well.
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
# What may be a key in a text, and in a word such as a URL or an assignment.
_WORD = re.compile(r"[^\s\0\"'`,;<>(){}\[\]\\]{16,}")
_PARTS = re.compile(r"[^=:/@?&#]{16,}")


class ChildEnvironment(msgspec.Struct):
    """Variables for a command, and the names of those whose values were not passed on.

    `replaced` have a token or a URL of the proxy instead; `removed` are left out.
    """

    variables: dict[str, str]
    replaced: list[str]
    removed: list[str]
    _added: set[str] = msgspec.field(default_factory=set)

    def set(self, name: str, value: str) -> None:
        """Set a variable, and note a value of the user that it replaces."""
        old = self.variables.get(name)
        if not old:
            self._added.add(name)
        elif old != value and name not in (*self.replaced, *self._added):
            self.replaced.append(name)
        self.variables[name] = value

    def remove(self, name: str) -> None:
        """Remove a variable, and note it if it had a value of the user."""
        if self.variables.pop(name, "") and name not in (*self.replaced, *self._added):
            self.removed.append(name)
        if name in self.replaced:
            self.replaced.remove(name)
            self.removed.append(name)


class KeyVariables:
    """Recognises variables with keys or base URLs of providers."""

    def __init__(self, catalogue: Catalogue, hints: Collection[str] = ()) -> None:
        """`hints` are the ends of the stored keys, which tell keys without a known shape."""
        self._catalogue = catalogue
        self._ends = tuple({end for hint in hints if (end := hint.removeprefix("…"))})
        self._matcher = ProviderMatcher(catalogue)
        self._recogniser = KeyRecogniser(self._matcher)

    def key_owner(self, name: str, value: str) -> tuple[bool, str | None]:
        """Return whether a variable holds a key, and its provider's slug if that is known."""
        if not value.strip():
            return False, None
        exact = self._catalogue.by_env_name(name)
        if exact is not None:
            return True, exact.slug
        recognition = self._recogniser.recognise(name, value)
        if recognition.action != "keep":
            return True, recognition.provider.slug if recognition.provider is not None else None
        # A value with the shape of a key is not passed on, however odd it is.
        candidates = self._matcher.candidates(name, value) if self._matcher.by_shape(value) else []
        return bool(candidates), candidates[0].slug if candidates else None

    def contains_key(self, value: str) -> bool:
        """Return whether a value contains a key, such as a header field or JSON, or a stored key.

        Only what looks random can be a stored key.
        """
        return self._catalogue.has_key_in(value) or any(
            part.endswith(self._ends) and looks_random(part)
            for word in _WORD.findall(value)
            for part in (word, *_PARTS.findall(word))
        )

    def base_url_owner(self, name: str) -> str | None:
        """Return the slug of the provider whose base URL a variable of this name holds."""
        owner = self._matcher.base_url_owner(name)
        return owner.slug if owner is not None else None


def child_environment(
    environ: Mapping[str, str],
    targets: Sequence[Target],
    token: str,
    known: KeyVariables,
    keep: Sequence[str] = (),
    other_keys: Collection[str] = (),
) -> ChildEnvironment:
    """Return the environment of a command that may call `targets` with `token`.

    Every variable with a key is replaced by the token if its API is among the targets, and removed
    otherwise, except those named in `keep`. `other_keys` are further variables with keys, such as
    those of APIs that the catalogue does not know.
    """
    environment = ChildEnvironment(dict(environ), [], [])
    owners = _owners(targets)
    by_variable = {variable: target for target in targets for variable in target.keys}
    for name, value in environ.items():
        if name in keep:
            continue
        is_key, slug = known.key_owner(name, value)
        if is_key or (value and (name in by_variable or name in other_keys)):
            owner = by_variable.get(name) or owners.get(slug or "")
            if owner is None:
                environment.remove(name)
            else:
                environment.set(name, owner.token_prefix + token)
        elif value and (slug := known.base_url_owner(name)) in owners:
            environment.set(name, owners[slug].base_url)
        elif known.contains_key(value):
            environment.remove(name)
    for target in targets:
        base_urls = target.base_urls if target.sdk_reads_base_url else target.base_urls[:1]
        values = dict.fromkeys(base_urls, target.base_url)
        for name, value in {target.keys[0]: target.token_prefix + token, **values}.items():
            if name not in keep or name not in environ:
                environment.set(name, value)
        for name in target.hosts:
            if name not in target.base_urls and name not in keep:
                environment.remove(name)
    return environment


def without_http_proxy(environment: ChildEnvironment, hosts: Sequence[str]) -> None:
    """Let calls to `hosts` of this machine go past an HTTP proxy of the environment."""
    variables = environment.variables
    if not any(variables.get(name) for name in _PROXIES):
        return
    for name in ("NO_PROXY", "no_proxy"):
        listed = [part for part in variables.get(name, "").split(",") if part.strip()]
        variables[name] = ",".join(dict.fromkeys((*listed, *hosts)))


def _owners(targets: Sequence[Target]) -> dict[str, Target]:
    """Return the target of each provider: the one with its usual variables, or the only one."""
    owners: dict[str, Target] = {}
    for target in targets:
        if target.provider is not None and (
            target.provider not in owners or target.api_name == target.provider
        ):
            owners[target.provider] = target
    return owners
