"""Makes what is deployed: Chalice's template merged with `resources.yaml`, and one byte-compiled zip.

Chalice ships sources only, so that every cold start would compile them again; the zip made here carries
`unchecked-hash` bytecode of the packaging interpreter, which is also the Lambda runtime. The same inputs
give the same bytes, so the zip's hash names a release.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = ROOT / "infra" / "resources.yaml"
SHIPPED = ("app.py", "chalicelib", "requirements.txt", ".chalice/config.json", ".chalice/policy.json")

# botocore carries the models of over 400 services, most of the package's files. A function can only call
# what its role allows, so only these stay; a test compares them with the roles.
AWS_SERVICES = frozenset({"cognito-idp", "dynamodb", "s3", "sesv2", "sqs", "ssm"})

# What Chalice gives to its functions and a function of our own must have just so: it runs from the same zip.
COMMON = ("Architectures", "CodeUri", "Runtime", "Tags", "Tracing")


class PackagingFailed(Exception):
    """Chalice or the compiler refused the application; the text is what they said."""


@dataclass(frozen=True)
class Package:
    """A deployable release: the template with `CodeUri` still to be set, and the zip it talks about."""

    template: dict[str, Any]
    archive: Path


def package(stage: str, out_dir: Path, *, architecture: str | None = None) -> Package:
    """The release of `stage` in `out_dir`, built only when its inputs changed since it was last built there.

    `architecture` (`x86_64` or `arm64`) replaces the configured one, for running on this machine.
    """
    made_from = out_dir / "inputs.sha256"
    result = out_dir / "template.json", out_dir / "deployment.zip"
    inputs = fingerprint(stage, architecture)
    with _alone(out_dir):
        if not (made_from.exists() and made_from.read_text() == inputs and all(p.exists() for p in result)):
            made_from.unlink(missing_ok=True)
            merged = template(stage, out_dir, architecture=architecture, dependencies=True)
            byte_compile(out_dir / "chalice" / "deployment.zip", result[1])
            check_complete(result[1], (ROOT / "requirements.txt").read_text())
            result[0].write_text(json.dumps(merged, indent=1, sort_keys=True))
            made_from.write_text(inputs)
        return Package(json.loads(result[0].read_text()), result[1])


def template(
    stage: str, out_dir: Path, *, architecture: str | None = None, dependencies: bool = False
) -> dict[str, Any]:
    """The merged template; without `dependencies` nothing is downloaded and the zip is of no use."""
    source, merged = out_dir.resolve() / "source", out_dir.resolve() / "chalice"
    _copy_sources(source, architecture, dependencies)
    shutil.rmtree(merged, ignore_errors=True)
    command = [sys.executable, "-c", "from chalice.cli import main; main()", "--project-dir", str(source)]
    command += ["package", "--stage", stage, "--merge-template", str(RESOURCES), str(merged)]
    # Chalice asks for a region although none gets into the template.
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    environment.pop("AWS_PROFILE", None)
    done = subprocess.run(command, env=environment, cwd=source, capture_output=True, text=True)
    if done.returncode != 0 or not merged.exists():
        raise PackagingFailed(f"{done.stdout}{done.stderr}".strip())
    # Chalice's YAML has anchors, which CloudFormation does not read; JSON has none.
    loaded: dict[str, Any] = yaml.safe_load((merged / "sam.yaml").read_text())
    _level(loaded["Resources"])
    return loaded


def fingerprint(stage: str, architecture: str | None) -> str:
    """A hash of everything that decides what the package contains."""
    versions = f"{stage} {architecture} {sys.version_info[:2]} {importlib.metadata.version('chalice')}"
    digest = hashlib.sha256(versions.encode())
    for path in (*_shipped_files(), RESOURCES, Path(__file__)):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _level(resources: dict[str, Any]) -> None:
    """Give the functions that Chalice did not make what it gave to its own."""
    common = {name: resources["APIHandler"]["Properties"][name] for name in COMMON}
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"] = {**common, **resource["Properties"]}


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One packager at a time in a folder: tests may run in several processes."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _shipped_files() -> Iterator[Path]:
    for name in SHIPPED:
        path = ROOT / name
        inside = path.rglob("*") if path.is_dir() else [path]
        yield from sorted(file for file in inside if file.is_file() and "__pycache__" not in file.parts)


def _copy_sources(source: Path, architecture: str | None, dependencies: bool) -> None:
    """A clean project folder for Chalice; its `.chalice/deployments` stays, as Chalice's cache of wheels."""
    shutil.rmtree(source / "chalicelib", ignore_errors=True)
    for path in _shipped_files():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if architecture is not None:
        config = source / ".chalice" / "config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "lambda_architecture": architecture}))
    if not dependencies:
        (source / "requirements.txt").write_text("")


def byte_compile(archive: Path, target: Path) -> None:
    """`archive` with bytecode and without the models of other AWS services, always the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        with ZipFile(archive) as shipped:
            shipped.extractall(folder)
        tree = Path(folder)
        _drop_other_services(tree)
        command = [sys.executable, "-m", "compileall", "-q", "-j1", "--invalidation-mode", "unchecked-hash"]
        command += ["-s", folder, "-p", "/var/task", folder]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise PackagingFailed(f"{done.stdout}{done.stderr}".strip())
        with ZipFile(target, "w", ZIP_DEFLATED) as packed:
            for path in sorted(path for path in tree.rglob("*") if path.is_file()):
                entry = ZipInfo(path.relative_to(tree).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                entry.compress_type = ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())


def check_complete(archive: Path, requirements: str) -> None:
    """`PackagingFailed` unless every pinned requirement is in the zip.

    Chalice leaves out what has no wheel for the Lambda runtime, and says so where nobody reads it.
    """
    with ZipFile(archive) as packed:
        folders = {name.split("/")[0] for name in packed.namelist()}
    packaged = {
        _release(*folder.removesuffix(".dist-info").rsplit("-", 1))
        for folder in folders
        if folder.endswith(".dist-info")
    }
    wanted = {
        _release(name, version) for name, version in re.findall(r"^([\w.-]+)==(\S+)", requirements, re.M)
    }
    if missing := ", ".join(sorted(wanted - packaged)):
        runtime = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise PackagingFailed(f"there is no wheel for Lambda's Python {runtime} of {missing}")


def _release(name: str, version: str) -> str:
    return f"{re.sub('[-_.]+', '-', name).lower()} {version}"


def _drop_other_services(tree: Path) -> None:
    for models in (tree / "botocore" / "data", tree / "boto3" / "data"):
        folders = [path for path in models.glob("*") if path.is_dir()]
        for folder in folders:
            if folder.name not in AWS_SERVICES:
                shutil.rmtree(folder)


def main(arguments: list[str]) -> int:
    """`python -m infra.package prod`: the package of a stage in `build/<stage>`."""
    stage = arguments[0]
    try:
        release = package(stage, ROOT / "build" / stage)
    except PackagingFailed as failure:
        print(f"Not packaged: {failure}", file=sys.stderr)
        return 1
    print(f"{release.archive.relative_to(ROOT)}: {release.archive.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
