"""Installs a project into a folder, as `pip install --target` would, but without a network and a build backend.

What makes it findable is written by hand, from the project's own pyproject.toml: name, version and entry points.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path


def install(project: Path, site: Path) -> None:
    """Install the modules and packages beside (or in `src` under) a project's pyproject.toml into a folder."""
    about = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    code = project / "src" if (project / "src").is_dir() else project
    site.mkdir(exist_ok=True)
    for one in code.iterdir():
        if one.suffix == ".py":
            shutil.copy(one, site)
        elif (one / "__init__.py").exists():
            shutil.copytree(one, site / one.name)
    name, version = about["name"], about["version"]
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = about["entry-points"].items()
    lines = [
        f"[{group}]\n" + "".join(f"{entry} = {place}\n" for entry, place in found.items()) for group, found in groups
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
