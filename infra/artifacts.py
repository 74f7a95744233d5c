"""The files that the program builds on this machine, before it calls AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra import bundle, site_build
from infra.building import BuildError
from infra.settings import StackSettings
from infra.site_build import SiteFile


@dataclass(frozen=True)
class Artifacts:
    """The functions' bundle and the site's files."""

    bundle: Path
    site: Sequence[SiteFile]


def build_artifacts(settings: StackSettings) -> Artifacts:
    """Build what has changed and return both.

    Raises pulumi.RunError, with which Pulumi prints the message without a traceback.
    """
    try:
        return Artifacts(
            bundle=bundle.build_bundle(settings.runtime, settings.architecture),
            site=site_build.build_site(),
        )
    except BuildError as error:
        raise pulumi.RunError(str(error)) from error
