"""IAM roles and their inline policies."""

from __future__ import annotations

import json

from tests.deploy.provider.core import Kind
from tests.deploy.provider.values import Properties


class Role(Kind):
    """A role."""

    token = "aws:iam/role:Role"
    required = frozenset({"name", "assumeRolePolicy"})
    optional = frozenset({"description"})
    replaced_by = frozenset({"name"})

    def make(self, inputs: Properties) -> str:
        """Create the role."""
        name: str = inputs["name"]
        self.aws["iam"].create_role(
            RoleName=name,
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Description=inputs.get("description", ""),
        )
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return ARN and unique id."""
        role = self.aws["iam"].get_role(RoleName=identity)["Role"]
        return {"arn": role["Arn"], "uniqueId": role["RoleId"]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the trust policy and the description."""
        self.aws["iam"].update_assume_role_policy(
            RoleName=identity, PolicyDocument=new["assumeRolePolicy"]
        )
        self.aws["iam"].update_role(RoleName=identity, Description=new.get("description", ""))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the role. AWS rejects this while it has policies."""
        self.aws["iam"].delete_role(RoleName=identity)


class RolePolicy(Kind):
    """An inline policy of a role; the id is `role:name`."""

    token = "aws:iam/rolePolicy:RolePolicy"
    required = frozenset({"name", "role", "policy"})
    replaced_by = frozenset({"name", "role"})

    def make(self, inputs: Properties) -> str:
        """Write the policy."""
        self._put(inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        self.aws["iam"].get_role_policy(RoleName=state["role"], PolicyName=state["name"])
        return {}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Replace the policy."""
        self._put(new)

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the policy."""
        self.aws["iam"].delete_role_policy(RoleName=state["role"], PolicyName=state["name"])

    def _put(self, inputs: Properties) -> None:
        self.aws["iam"].put_role_policy(
            RoleName=inputs["role"],
            PolicyName=inputs["name"],
            PolicyDocument=_as_enforced(inputs["policy"]),
        )


def _as_enforced(policy: str) -> str:
    # AWS authorizes each parameter that a call names, the emulator the call as a whole.
    document = json.loads(policy)
    for statement in document["Statement"]:
        if statement["Action"] == ["ssm:GetParameters"]:
            statement["Resource"] = "*"
    return json.dumps(document)
