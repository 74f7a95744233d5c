"""The tags of the stack's resources."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi.runtime import register_stack_transformation


def tag_resources(tags: Mapping[str, str]) -> None:
    """Add the tags to every resource that is created from now on and can have tags.

    A transformation covers every resource and leaves the default provider in use. A provider that
    the program creates for `default_tags` would not get settings such as `aws:profile`.
    """

    def add(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        if not isinstance(getattr(type(args.resource), "tags", None), property):
            return None
        return pulumi.ResourceTransformationResult({**args.props, "tags": dict(tags)}, args.opts)

    if tags:
        register_stack_transformation(add)
