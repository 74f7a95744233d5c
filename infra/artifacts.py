"""What the program builds on this machine, before it touches AWS."""

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
    """The function's archive and the site's files."""

    bundle: Path
    site: Sequence[SiteFile]


def build_artifacts(settings: StackSettings) -> Artifacts:
    """Both, built where their inputs changed. Raises pulumi.RunError, which ends the program with
    its sentence alone.
    """
    try:
        return Artifacts(
            bundle=bundle.build(settings.runtime, settings.architecture), site=site_build.build()
        )
    except BuildError as error:
        raise pulumi.RunError(str(error)) from error
