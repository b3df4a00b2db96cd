"""`make run` and its companions: the whole product on this machine, deployed as it would be on AWS.

The embedded AWS gets the very package and template that a vendor deploys; around it stand the sandbox of
the payment providers and a front with a stable address. What the emulator cannot do by itself is bridged
here, and only here; `infra/README.md` says what and why.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra import commands
from infra.emulator import Emulator, EmulatorFailed, carried
from infra.front import Front
from infra.keys import providers_of, put_secrets
from infra.machine import CannotRun, Ports, architecture, check
from infra.package import ROOT, Package, PackagingFailed, package
from infra.providers import METHODS, SANDBOX_KEYS, config
from infra.sandbox.server import Sandbox
from infra.stack import DeploymentFailed, deploy

HOME = ROOT / ".run"
STAGE = "dev"
STACK = f"vigencia-{STAGE}"
SECRETS = f"/vigencia/{STAGE}"
# The emulator authorises SendEmail on no identity at all, where AWS asks for the sender's.
SEND_ANY_MAIL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}],
}
SIGN_INS = (
    ("ana@example.com", "customer in Brazil, pays by boleto, holds erp and multipack"),
    ("bia@example.com", "customer in Brazil, holds domain, corporate-email, site and integration"),
    ("jose@example.com", "customer in Spain, pays by card"),
    ("staff@example.com", "customer success"),
    ("finance@example.com", "finance"),
    ("it@example.com", "IT"),
)


class Local:
    """The running product; `start` it, and `stop` it to save its data in `home`.

    `parameters` replaces values of the template's parameters, by name.
    """

    def __init__(
        self,
        home: Path,
        ports: Ports,
        *,
        parameters: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.home = home
        self.emulator = Emulator(home / "aws", ports.aws)
        self.outputs: dict[str, str] = {}
        self._ports = ports
        self._parameters = dict(parameters or {})
        self._say = say
        self._running = contextlib.ExitStack()

    @property
    def endpoints(self) -> dict[str, str]:
        """The addresses, as in `endpoints.json`."""
        return {
            "api": f"http://127.0.0.1:{self._ports.api}",
            "mail_outbox": self.emulator.mail_outbox,
            "aws": self.emulator.url,
            "sandbox": f"http://127.0.0.1:{self._ports.sandbox}",
            "validator": f"http://127.0.0.1:{self._ports.validator}",
        }

    def environment(self) -> dict[str, str]:
        """The environment of the deployed functions, and what it takes to reach this AWS from outside."""
        function = self.emulator.client("lambda").get_function_configuration(
            FunctionName=self.outputs["APIHandlerName"]
        )
        return {**function["Environment"]["Variables"], **self.emulator.environment}

    def start(self) -> None:
        """Everything up and deployed; `stop` must follow, even when this raises."""
        check(self._ports)
        self._say("packaging the application (the first time takes longest)")
        release = package(STAGE, ROOT / "build" / "local", architecture=architecture())
        self._say("starting the embedded AWS")
        self._running.callback(self.emulator.stop)
        self.emulator.start()
        self._say("deploying the template")
        sandbox = Sandbox(config(self._ports.sandbox, self.endpoints["api"], self.home / "sandbox.json"))
        self._deploy(release, sandbox.paypal_root)
        self._say("starting the fronts of API and validator, and the payment sandbox")
        self._open_front(self._ports.api, f"execute-api/{self.outputs['RestAPIId']}/api")
        # https://<id>.lambda-url.<region>.on.aws/ on AWS.
        url_id = urlsplit(self.outputs["ValidatorUrl"]).netloc.partition(".")[0]
        self._open_front(self._ports.validator, f"lambda-url/{url_id}")
        sandbox.start()
        self._running.callback(sandbox.stop)
        written = self.home / "endpoints.json"
        written.write_text(json.dumps(self.endpoints, indent=1) + "\n")
        self._running.callback(written.unlink, missing_ok=True)

    def seed(self) -> None:
        """The demo catalogue, customers and staff; again and again without harm."""
        self._say("filling in the demo data")
        # In a process of its own: the application finds its AWS in the environment, as in a function.
        seed = [sys.executable, "-c", "import os; from infra import demo; demo.seed(os.environ)"]
        done = subprocess.run(seed, cwd=ROOT, env=self.environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotRun(f"the demo data could not be filled in: {done.stderr.strip()}")

    def stop(self) -> None:
        """Stop everything and save the data."""
        self._running.close()

    def _open_front(self, port: int, path: str) -> None:
        front = Front(port, f"{self.emulator.url}/_aws/{path}")
        front.start()
        self._running.callback(front.stop)

    def _deploy(self, release: Package, paypal_root: str) -> None:
        client = self.emulator.client
        parameters = {**self._template_parameters(), **self._parameters}
        put_secrets(client("ssm"), SECRETS, SANDBOX_KEYS, providers_of(METHODS))
        # The sandbox's PayPal signs with a new certificate at every start, and no authority vouches for it.
        paypal = json.dumps({**SANDBOX_KEYS["paypal"], "trusted_roots": paypal_root})
        client("ssm").put_parameter(
            Name=f"{SECRETS}/paypal", Value=paypal, Type="SecureString", Overwrite=True
        )
        self.outputs = deploy(
            client,
            replace(release, template=carried(release.template)),
            stack=STACK,
            bucket="vigencia-artifacts",
            parameters=parameters,
            report=lambda line: None,
            poll_seconds=0.1,
        )
        self._bridge(release)
        mail = client("sesv2")
        with contextlib.suppress(mail.exceptions.AlreadyExistsException):
            mail.create_email_identity(EmailIdentity=parameters["MailFrom"].partition("@")[2])

    def _bridge(self, release: Package) -> None:
        """What the emulator does not carry; see infra/README.md."""
        client = self.emulator.client
        _give_gateway_responses(client("apigateway"), self.outputs["RestAPIId"], release.template)
        role = client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId="MailWorkerRole"
        )
        client("iam").put_role_policy(
            RoleName=role["StackResourceDetail"]["PhysicalResourceId"],
            PolicyName="emulator",
            PolicyDocument=json.dumps(SEND_ANY_MAIL),
        )

    def _template_parameters(self) -> dict[str, str]:
        here = self.endpoints
        return {
            "Stage": STAGE,
            "MailFrom": "billing@vigencia.example",
            "TeamEmail": "team@example.com",
            "SupportEmail": "support@vigencia.example",
            "VendorName": "Vigencia Demo S.L.",
            "VendorTaxId": "ESB00000000",
            "VendorCountry": "ES",
            "VendorZone": "Europe/Madrid",
            "VendorAddress": "Calle Mayor 1, 28013 Madrid",
            "PublicUrl": here["api"],
            "AsaasUrl": f"{here['sandbox']}/asaas",
            "StripeUrl": f"{here['sandbox']}/stripe",
            "PayPalUrl": f"{here['sandbox']}/paypal",
            "RedsysUrl": f"{here['sandbox']}/redsys",
            "PaymentMethods": METHODS,
            "ConfirmSignUp": "auto",
            "TransferAccount": "ES91 2100 0418 4502 0005 1332, CaixaBank, Vigencia Demo S.L.",
            "Taxes": "ES=IVA 21, CL=IVA 19",
            "CognitoUrl": here["aws"],
            "RetrySeconds": "20",
            "RelayRecordAge": "60",
            # Everybody who tries this out has one address, and mostly one key.
            "ValidationsPerKey": "1000",
            "ValidationsPerAddress": "3000",
        }


def _give_gateway_responses(gateway: Any, api_id: str, template: Mapping[str, Any]) -> None:
    """Hand the template's gateway responses to the emulator, which ignores them inside an API's definition.

    They count from the next deployment of the API on, as on AWS.
    """
    api = template["Resources"]["RestAPI"]["Properties"]
    for kind, response in api["GatewayResponses"].items():
        headers = response["ResponseParameters"]["Headers"]
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            statusCode=response["StatusCode"],
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=response["ResponseTemplates"],
        )
    gateway.create_deployment(restApiId=api_id, stageName=api["StageName"])


def run(ports: Ports, home: Path) -> int:
    """Run until Ctrl-C or a signal to stop; 0 after a clean stop, 1 with one sentence otherwise."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    local = Local(
        home, ports, say=lambda line: print(f"[{time.monotonic() - began:5.1f} s] {line}", flush=True)
    )
    try:
        local.start()
        local.seed()
        _announce(local.endpoints)
        while local.emulator.running:
            time.sleep(0.5)
        raise CannotRun(f"the embedded AWS stopped by itself; its log is {local.emulator.log}")
    except KeyboardInterrupt:
        return 0
    except (CannotRun, EmulatorFailed, PackagingFailed, DeploymentFailed) as failure:
        print(f"Cannot run: {failure}.", file=sys.stderr)
        return 1
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        if local.emulator.running:
            print("\nStopping and saving the data …", flush=True)
        local.stop()


def _announce(endpoints: Mapping[str, str]) -> None:
    print(f"\nAPI           {endpoints['api']}/v1   (description: {endpoints['api']}/openapi.json)")
    print(f"Validator     {endpoints['validator']}   (its Function URL; the API has it too)")
    print(f"Mail outbox   {endpoints['mail_outbox']}")
    print(f"Pay sandbox   {endpoints['sandbox']}")
    print(f"AWS           {endpoints['aws']}\n")
    print("Sign-ins, all with the password Vigencia-demo-1:")
    for email, who in SIGN_INS:
        print(f"  {email:<22}{who}")
    print(
        "\nIn another terminal: make pay ID=<payment id> · make tick AT=2026-12-03T12:00:00Z [NAME=reconcile]"
        "\n                     make mail FROM=ana@example.com SUBJECT=… TEXT=… [ATTACH=file] [FORGED=1]"
    )
    print("Ctrl-C stops and keeps the data; make clean throws it away.", flush=True)


def main(arguments: Sequence[str]) -> int:
    """`run`, `tick`, `pay`, `mail` or `rotate-signing-key`; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--home", type=Path, default=HOME, help="folder of data and addresses")
    actions = parser.add_subparsers(dest="action", required=True)
    running = actions.add_parser("run", help="start everything and stay until Ctrl-C")
    for name, default in (("api", 8080), ("aws", 4566), ("sandbox", 8090), ("validator", 8081)):
        port = os.environ.get(f"{name.upper()}_PORT", default)
        running.add_argument(f"--{name}-port", type=int, default=port)
    ticking = actions.add_parser("tick", help="invoke scheduled functions with a chosen time")
    ticking.add_argument("--at", required=True, help="instant in UTC, for example 2026-12-03T12:00:00Z")
    ticking.add_argument("--name", default="", help="one schedule; all of them when left out")
    paying = actions.add_parser("pay", help="settle a charge at the sandbox provider")
    paying.add_argument("--id", required=True, help="payment id")
    writing = actions.add_parser("mail", help="have a mail arrive at the support address")
    for name in ("from", "subject", "text", "attach", "forged"):
        writing.add_argument(f"--{name}", default="", dest=name if name != "from" else "sender")
    actions.add_parser("rotate-signing-key", help="one step of replacing the licence tokens' key")
    wanted = parser.parse_args(arguments)
    if wanted.action == "run":
        ports = Ports(wanted.api_port, wanted.aws_port, wanted.sandbox_port, wanted.validator_port)
        return run(ports, wanted.home)
    try:
        if wanted.action == "rotate-signing-key":
            return commands.rotate(wanted.home, SECRETS)
        if wanted.action == "tick":
            return commands.tick(wanted.home, STACK, wanted.at, wanted.name)
        if wanted.action == "mail":
            about = (wanted.sender, wanted.subject, wanted.text, wanted.attach, bool(wanted.forged))
            return commands.mail(wanted.home, STACK, commands.Letter(*about))
        return commands.pay(wanted.home, wanted.id)
    except commands.Refused as refused:
        print(f"{refused}.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
