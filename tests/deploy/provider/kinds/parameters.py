"""SSM parameters."""

from __future__ import annotations

from tests.deploy.provider.core import Kind
from tests.deploy.provider.values import Properties


class Parameter(Kind):
    """A parameter. Each write increases its version by one."""

    token = "aws:ssm/parameter:Parameter"
    required = frozenset({"name", "type", "value"})
    replaced_by = frozenset({"name"})
    moving = frozenset({"version"})

    def make(self, inputs: Properties) -> str:
        """Write the parameter, which must not exist."""
        self._put(inputs, overwrite=False)
        name: str = inputs["name"]
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return ARN and version."""
        parameter = self.aws["ssm"].get_parameter(Name=identity)["Parameter"]
        return {"arn": parameter["ARN"], "version": parameter["Version"]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Write the next version."""
        self._put(new, overwrite=True)

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the parameter."""
        self.aws["ssm"].delete_parameter(Name=identity)

    def _put(self, inputs: Properties, overwrite: bool) -> None:
        self.aws["ssm"].put_parameter(
            Name=inputs["name"],
            Type=inputs["type"],
            Value=inputs["value"],
            Overwrite=overwrite,
        )
