"""docs/interoperability.md names each outside implementation in the version that the tests use."""

import json
import re
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = (HERE.parents[1] / "docs" / "interoperability.md").read_text()


def test_go_modules_are_named_with_their_versions() -> None:
    required = (HERE / "go" / "go.mod").read_text().split("require (")[1].split(")")[0]
    modules = re.findall(r"^\s*(\S+) (v\S+)$", required, re.MULTILINE)
    assert len(modules) >= 6
    assert [(name, version) for name, version in modules if f"{name} {version}" not in DOCUMENT] == []


def test_npm_packages_are_named_with_their_versions() -> None:
    packages = json.loads((HERE / "node" / "package.json").read_text())["dependencies"]
    assert [name for name, version in packages.items() if f"{name} {version} (npm)" not in DOCUMENT] == []


def test_python_packages_are_named_with_their_versions() -> None:
    project = (HERE.parents[1] / "pyproject.toml").read_text()
    for name in ("rdflib", "pyshacl", "frictionless", "openapi-spec-validator", "schemathesis"):
        [version] = re.findall(rf'"{name}[~=]=([0-9.]+)"', project)
        assert f"{name} {version}" in DOCUMENT, name
