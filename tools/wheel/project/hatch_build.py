"""Hooks of hatchling: the locked requirements, and the platform of the embedded database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface


class CustomMetadataHook(MetadataHookInterface):
    """Reads the requirements, one for each line, and those of the extras, a file for each."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the wheel's requirements."""
        root = Path(self.root)
        metadata["dependencies"] = (root / "requirements.txt").read_text().splitlines()
        metadata["optional-dependencies"] = {
            path.stem: path.read_text().splitlines() for path in (root / "extras").iterdir()
        }


class CustomBuildHook(BuildHookInterface[Any]):
    """Reads the wheel's tag from the file `tag`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Set the wheel's tag. The wheel is not for every platform."""
        build_data["pure_python"] = False
        build_data["tag"] = (Path(self.root) / "tag").read_text().strip()
