"""The provider without its wire: checks, compares, creates, reads, updates and deletes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from tests.deploy.provider.aws import Aws, absent
from tests.deploy.provider.values import Properties, same

# What the program looks up, and an account without any settings of its own has not.
_LOOKED_UP = frozenset({"aws:s3/getAccountPublicAccessBlock:getAccountPublicAccessBlock"})


class Kind:
    """One resource type. Its properties are those it names; any other is refused.

    `replaced_by` are the properties whose change takes a new resource; `change` must bring the
    others into effect. `moving` are the outputs that a change may change.
    """

    token: str
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    replaced_by: frozenset[str] = frozenset()
    moving: frozenset[str] = frozenset()

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def make(self, inputs: Properties) -> str:
        """Create the resource; returns its id."""
        raise NotImplementedError

    def settle(self, identity: str, inputs: Properties) -> None:
        """Set what has calls of its own, after `make` and after `change`."""

    def describe(self, identity: str, state: Properties) -> Properties:
        """What AWS says of the resource beyond its inputs. Raises ClientError or Gone."""
        raise NotImplementedError

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Bring the new inputs into effect."""
        raise NotImplementedError

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the resource."""
        raise NotImplementedError


class Gone(Exception):
    """A resource is not there, where AWS says so by an empty answer."""


class Difference(NamedTuple):
    """Names of the properties that changed, and of those that take a new resource."""

    changed: list[str]
    replaces: list[str]


class UnknownType(Exception):
    """The program uses a type that the rehearsal does not have."""


class Provider:
    """All types of one package."""

    def __init__(self, kinds: Iterable[type[Kind]], aws: Aws) -> None:
        self._kinds = {kind.token: kind(aws) for kind in kinds}

    def check(self, token: str, inputs: Properties) -> list[str]:
        """What is wrong with the inputs, a sentence each. Raises UnknownType."""
        kind = self._kind(token)
        unknown = inputs.keys() - kind.required - kind.optional
        missing = kind.required - inputs.keys()
        return [
            *(f"{token} has no property {name} in the rehearsal" for name in sorted(unknown)),
            *(f"{token} needs the property {name}" for name in sorted(missing)),
        ]

    def diff(self, token: str, old: Properties, new: Properties) -> Difference:
        """How two sets of inputs differ."""
        names = sorted(old.keys() | new.keys())
        changed = [name for name in names if not same(old.get(name), new.get(name))]
        replaced_by = self._kind(token).replaced_by
        return Difference(changed, [name for name in changed if name in replaced_by])

    def create(self, token: str, inputs: Properties) -> tuple[str, Properties]:
        """Make a resource; returns its id and its state. A resource half made is taken away."""
        kind = self._kind(token)
        identity = kind.make(inputs)
        try:
            kind.settle(identity, inputs)
            return identity, {**inputs, **kind.describe(identity, inputs)}
        except Exception:
            self.delete(token, identity, inputs)
            raise

    def read(self, token: str, identity: str, state: Properties) -> Properties | None:
        """The state as it is now, None when the resource is gone."""
        try:
            return {**state, **self._kind(token).describe(identity, state)}
        except Gone:
            return None
        except ClientError as error:
            if absent(error):
                return None
            raise

    def foresee(self, token: str, old: Properties, new: Properties) -> Properties:
        """As much of the state after an update as is known before it."""
        kind = self._kind(token)
        fresh = kind.required | kind.optional | kind.moving
        return {**{name: value for name, value in old.items() if name not in fresh}, **new}

    def update(self, token: str, identity: str, old: Properties, new: Properties) -> Properties:
        """Bring new inputs into effect; returns the state."""
        kind = self._kind(token)
        kind.change(identity, old, new)
        kind.settle(identity, new)
        return {**new, **kind.describe(identity, {**old, **new})}

    def delete(self, token: str, identity: str, state: Properties) -> None:
        """Delete a resource; one that is gone already is no error."""
        try:
            self._kind(token).remove(identity, state)
        except ClientError as error:
            if not absent(error):
                raise

    def look_up(self, token: str) -> str:
        """Why a look-up fails, as the real provider's does then. Raises UnknownType."""
        if token not in _LOOKED_UP:
            raise UnknownType(f"the rehearsal has no function {token}")
        return "couldn't find resource"

    def _kind(self, token: str) -> Kind:
        try:
            return self._kinds[token]
        except KeyError:
            raise UnknownType(f"the rehearsal has no type {token}") from None


def renamed(value: Any, names: dict[str, str] | None = None) -> Any:
    """Pulumi's names as boto's: `camelCase` becomes `PascalCase`, at every depth, and `names` says
    what is called otherwise. boto refuses the names that it does not know.
    """
    if isinstance(value, dict):
        return {
            (names or {}).get(name, name[:1].upper() + name[1:]): renamed(item, names)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return value
