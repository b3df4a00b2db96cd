"""The zip: the same bytes each time, compiled, and without the models of services nobody may call."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.package import PackagingFailed, byte_compile, check_complete

SOURCES = {
    "app.py": "COLOURS = {'red', 'green', 'blue'}\n",
    "chalicelib/rules.py": "def double(n):\n    return 2 * n\n",
    "botocore/data/sqs/service-2.json": "{}",
    "botocore/data/ec2/service-2.json": "{}",
    "botocore/data/endpoints.json": "{}",
}


def zipped(path: Path, sources: dict[str, str]) -> Path:
    with ZipFile(path, "w") as archive:
        for name, text in sources.items():
            archive.writestr(name, text)
    return path


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    byte_compile(zipped(tmp_path / "a.zip", SOURCES), one)
    byte_compile(zipped(tmp_path / "b.zip", dict(reversed(SOURCES.items()))), two)
    assert one.read_bytes() == two.read_bytes()


def test_every_source_has_bytecode_that_is_never_checked_against_it(tmp_path: Path) -> None:
    byte_compile(zipped(tmp_path / "in.zip", SOURCES), tmp_path / "out.zip")
    with ZipFile(tmp_path / "out.zip") as packed:
        tag = sys.implementation.cache_tag
        for compiled in (f"__pycache__/app.{tag}.pyc", f"chalicelib/__pycache__/rules.{tag}.pyc"):
            # PEP 552: 1 in the flags is "hash-based", 3 would be "and checked".
            assert packed.read(compiled)[4:8] == (1).to_bytes(4, "little")


def test_only_the_models_of_services_in_use_are_shipped(tmp_path: Path) -> None:
    byte_compile(zipped(tmp_path / "in.zip", SOURCES), tmp_path / "out.zip")
    with ZipFile(tmp_path / "out.zip") as packed:
        models = {name for name in packed.namelist() if name.startswith("botocore/")}
    assert models == {"botocore/data/sqs/service-2.json", "botocore/data/endpoints.json"}


def test_a_source_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match=r"app\.py"):
        byte_compile(zipped(tmp_path / "in.zip", {"app.py": "def ("}), tmp_path / "out.zip")


REQUIREMENTS = """# What ships.
PyJWT==2.15.1
typing_extensions==4.16.0

# Why this one is here.
pillow==12.2.0
"""
PACKAGED = {f"{folder}.dist-info/METADATA": "" for folder in ("pyjwt-2.15.1", "typing_extensions-4.16.0")}


def test_a_requirement_that_was_left_out_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match=r"of pillow 12\.2\.0$"):
        check_complete(zipped(tmp_path / "a.zip", PACKAGED), REQUIREMENTS)
    other = {**PACKAGED, "pillow-12.1.1.dist-info/METADATA": ""}
    with pytest.raises(PackagingFailed, match=r"of pillow 12\.2\.0$"):
        check_complete(zipped(tmp_path / "b.zip", other), REQUIREMENTS)


def test_a_complete_package_passes_however_names_are_spelled(tmp_path: Path) -> None:
    complete = {**PACKAGED, "Pillow-12.2.0.dist-info/METADATA": "", "PIL/__init__.py": ""}
    check_complete(zipped(tmp_path / "a.zip", complete), REQUIREMENTS)
