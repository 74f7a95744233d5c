"""The provider without its protocol: check, diff, create, read, update and delete."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from tests.deploy.provider.aws import Aws, absent
from tests.deploy.provider.values import Properties, same

# Every type of the `aws` package takes tags here, because Pulumi's types already reject wrong ones.
# They exist in the state only.
_TAGS = "tags"


class Kind:
    """A resource type. Properties that it does not name are rejected.

    A change of a property in `replaced_by` replaces the resource; `change` updates the others.
    `moving` are the outputs that an update can change.
    """

    token: str
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    replaced_by: frozenset[str] = frozenset()
    moving: frozenset[str] = frozenset()

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def make(self, inputs: Properties) -> str:
        """Create the resource and return its id."""
        raise NotImplementedError

    def settle(self, identity: str, inputs: Properties) -> None:
        """Set the properties that have their own calls, after `make` and after `change`."""

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the outputs that AWS adds to the inputs. Raises ClientError or Gone."""
        raise NotImplementedError

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the resource to the new inputs."""
        raise NotImplementedError

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the resource."""
        raise NotImplementedError


class Gone(Exception):
    """A resource does not exist, and AWS returned an empty response."""


class Difference(NamedTuple):
    """The names of changed properties, and of those that require a replacement."""

    changed: list[str]
    replaces: list[str]


class UnknownType(Exception):
    """The program uses a type that the test provider does not have."""


class Provider:
    """All types of one package."""

    def __init__(self, kinds: Iterable[type[Kind]], aws: Aws) -> None:
        self._aws = aws
        self._kinds = {kind.token: kind(aws) for kind in kinds}

    def check(self, token: str, inputs: Properties) -> list[str]:
        """Return the errors of the inputs. Raises UnknownType."""
        kind = self._kind(token)
        unknown = inputs.keys() - kind.required - kind.optional - {_TAGS}
        missing = kind.required - inputs.keys()
        return [
            *(f"{token} has no property {name} in the rehearsal" for name in sorted(unknown)),
            *(f"{token} needs the property {name}" for name in sorted(missing)),
        ]

    def diff(self, token: str, old: Properties, new: Properties) -> Difference:
        """Compare two sets of inputs."""
        names = sorted(old.keys() | new.keys())
        changed = [name for name in names if not same(old.get(name), new.get(name))]
        replaced_by = self._kind(token).replaced_by
        return Difference(changed, [name for name in changed if name in replaced_by])

    def create(self, token: str, inputs: Properties) -> tuple[str, Properties]:
        """Create a resource and return its id and state. Delete it if a step fails."""
        kind, own = self._kind(token), _untagged(inputs)
        identity = kind.make(own)
        try:
            kind.settle(identity, own)
            return identity, {**inputs, **kind.describe(identity, own)}
        except Exception:
            self.delete(token, identity, own)
            raise

    def read(self, token: str, identity: str, state: Properties) -> Properties | None:
        """Return the current state, or None if the resource does not exist."""
        try:
            return {**state, **self._kind(token).describe(identity, state)}
        except Gone:
            return None
        except ClientError as error:
            if absent(error):
                return None
            raise

    def foresee(self, token: str, old: Properties, new: Properties) -> Properties:
        """Return what is known of the state after an update before it happens."""
        kind = self._kind(token)
        fresh = kind.required | kind.optional | kind.moving | {_TAGS}
        return {**{name: value for name, value in old.items() if name not in fresh}, **new}

    def update(self, token: str, identity: str, old: Properties, new: Properties) -> Properties:
        """Update the resource to new inputs and return its state."""
        kind, own = self._kind(token), _untagged(new)
        names = kind.required | kind.optional
        if not all(same(old.get(name), own.get(name)) for name in names):
            kind.change(identity, old, own)
        kind.settle(identity, own)
        return {**new, **kind.describe(identity, {**old, **own})}

    def delete(self, token: str, identity: str, state: Properties) -> None:
        """Delete a resource. Idempotent."""
        try:
            self._kind(token).remove(identity, state)
        except ClientError as error:
            if not absent(error):
                raise

    def look_up(self, token: str, arguments: Properties) -> Properties | str:
        """Return the values of a lookup, or its error as the real provider does. Raises
        UnknownType.
        """
        if token == "aws:s3/getAccountPublicAccessBlock:getAccountPublicAccessBlock":
            return "couldn't find resource"  # an account without settings
        if token == "aws:route53/getZone:getZone":
            return self._zone(arguments["name"])
        if token == "aws:dynamodb/getTable:getTable":
            found = self._aws["dynamodb"].describe_table(TableName=arguments["name"])["Table"]
            return {"id": found["TableName"], "name": found["TableName"], "arn": found["TableArn"]}
        raise UnknownType(f"the rehearsal has no function {token}")

    def _zone(self, name: str) -> Properties | str:
        zones = self._aws["route53"].list_hosted_zones_by_name(DNSName=name)["HostedZones"]
        ids = [zone["Id"] for zone in zones if zone["Name"].rstrip(".") == name]
        if not ids:
            return "no matching Route 53 Hosted Zone found"
        identity = ids[0].rpartition("/")[2]
        return {"id": identity, "name": name, "privateZone": False, "zoneId": identity}

    def _kind(self, token: str) -> Kind:
        try:
            return self._kinds[token]
        except KeyError:
            raise UnknownType(f"the rehearsal has no type {token}") from None


def _untagged(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if name != _TAGS}


def renamed(value: Any, names: dict[str, str] | None = None) -> Any:
    """Rename Pulumi's properties for boto: `camelCase` becomes `PascalCase` at every depth. `names`
    has the exceptions. boto rejects names that it does not know.
    """
    if isinstance(value, dict):
        return {
            (names or {}).get(name, name[:1].upper() + name[1:]): renamed(item, names)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return value
