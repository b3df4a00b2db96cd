"""A vendor's deployment: `python -m infra.deploy --stage prod --region sa-east-1 --bucket …`.

Secrets, package and stack, with the AWS credentials of the environment. `infra.local` does the same three
steps against the embedded AWS; nothing else differs.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import boto3
import yaml

from chalicelib.kernel.methods import UnknownMethods
from infra.keys import (
    PROVIDERS,
    SecretsMissing,
    missing_secrets,
    providers_of,
    put_secrets,
    rotate_signing_key,
)
from infra.package import RESOURCES, ROOT, PackagingFailed, package
from infra.stack import Client, DeploymentFailed, deploy, describe

__all__ = ["deploy", "package", "put_secrets", "rotate_signing_key"]


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when the stack is as the template says, 1 with one sentence otherwise."""
    wanted = _parse(arguments)
    prefix = f"/vigencia/{wanted.stage}"
    client = _account(wanted.region)
    ssm = client("ssm")
    try:
        if wanted.rotate_signing_key:
            print(rotate_signing_key(ssm, prefix, datetime.now(UTC)))
            return 0
        providers = providers_of(_methods(client, wanted.stage, dict(wanted.param)))
        keys = _provider_keys(missing_secrets(ssm, prefix, providers), wanted.secrets)
        put_secrets(ssm, prefix, keys, providers)
        _deploy(client, wanted.stage, wanted.bucket, dict(wanted.param))
    except (SecretsMissing, PackagingFailed, DeploymentFailed, UnknownMethods) as failure:
        print(f"Not {'rotated' if wanted.rotate_signing_key else 'deployed'}: {failure}", file=sys.stderr)
        return 1
    return 0


def _account(region: str) -> Client:
    session = boto3.Session(region_name=region)
    return lambda service: session.client(service)  # type: ignore[call-overload]


def _deploy(client: Client, stage: str, bucket: str, parameters: dict[str, str]) -> None:
    print("packaging …")
    release = package(stage, ROOT / "build" / stage)
    stack = f"vigencia-{stage}"
    outputs = deploy(
        client, release, stack=stack, bucket=bucket, parameters={"Stage": stage, **parameters}, report=print
    )
    if not _public_url(client, stack):
        # Functions cannot refer to the gateway that refers to them: they are told its address afterwards.
        address = {"PublicUrl": outputs["EndpointURL"].rstrip("/")}
        outputs = deploy(client, release, stack=stack, bucket=bucket, parameters=address, report=print)
    for name, value in sorted(outputs.items()):
        print(f"{name}: {value}")
    base = _public_url(client, stack)
    for provider in providers_of(_methods(client, stage, {})):
        print(f"Webhooks of {provider} go to {base}/v1/webhooks/{provider}")


def _methods(client: Client, stage: str, parameters: Mapping[str, str]) -> str:
    """The ways to pay: as asked for now, else as the stack has them, else as the template does."""
    stored = _parameters(client, f"vigencia-{stage}")
    default = yaml.load(RESOURCES.read_text(), Loader=yaml.BaseLoader)["Parameters"]["PaymentMethods"][
        "Default"
    ]
    return str(parameters.get("PaymentMethods") or stored.get("PaymentMethods") or default)


def _public_url(client: Client, stack: str) -> str:
    return _parameters(client, stack)["PublicUrl"]


def _parameters(client: Client, stack: str) -> dict[str, str]:
    """The parameters of a stack that is there, else none."""
    described = describe(client("cloudformation"), stack) or {}
    return {item["ParameterKey"]: item["ParameterValue"] for item in described.get("Parameters", [])}


def _provider_keys(missing: Sequence[str], file: Path | None) -> Mapping[str, Mapping[str, str]]:
    """The missing provider keys, from the file or asked for at the terminal."""
    if file is not None:
        given: Mapping[str, Mapping[str, str]] = json.loads(file.read_text())
        return given
    return {
        name: {field: getpass.getpass(f"{name} {field}: ") for field in PROVIDERS[name]}
        for name in PROVIDERS
        if name in missing
    }


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("--stage", required=True, help="the name of the deployment, for example prod")
    parser.add_argument("--region", required=True)
    parser.add_argument("--bucket", help="receives zip and template; made when it does not exist")
    parser.add_argument("--param", action="append", default=[], type=_pair, metavar="NAME=VALUE")
    parser.add_argument("--secrets", type=Path, help="JSON with the providers' keys, instead of being asked")
    parser.add_argument(
        "--rotate-signing-key", action="store_true", help="one step of the rotation, nothing else"
    )
    wanted = parser.parse_args(arguments)
    if not (wanted.bucket or wanted.rotate_signing_key):
        parser.error("a deployment needs --bucket")
    return wanted


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
