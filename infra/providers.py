"""The payment providers of `make run`: the bundled sandbox, with keys that open it and nothing else."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from infra.sandbox.paypal import LOCAL_KEYS
from infra.sandbox.redsys_objects import TRIAL
from infra.sandbox.server import SandboxConfig

SANDBOX_KEYS = {
    "asaas": {"api_key": "sandbox-asaas-key", "webhook_token": "sandbox-asaas-webhook-token-0001"},
    "stripe": {"secret_key": "sk_test_sandbox", "webhook_secret": "whsec_c2FuZGJveC1zdHJpcGUtc2VjcmV0"},
    "paypal": asdict(LOCAL_KEYS),
    "redsys": {
        "merchant_code": TRIAL.merchant_code,
        "terminal": TRIAL.number,
        "secret": TRIAL.key,
        "version": TRIAL.version,
    },
}
METHODS = "boleto,card,paypal,redsys,transfer"


def config(port: int, webhook_base: str, state_file: Path) -> SandboxConfig:
    """The sandbox that these keys open; its webhooks go to the API at `webhook_base`."""
    return SandboxConfig(
        port=port,
        webhook_base=webhook_base,
        asaas_api_key=SANDBOX_KEYS["asaas"]["api_key"],
        asaas_webhook_token=SANDBOX_KEYS["asaas"]["webhook_token"],
        stripe_secret_key=SANDBOX_KEYS["stripe"]["secret_key"],
        stripe_webhook_secret=SANDBOX_KEYS["stripe"]["webhook_secret"],
        state_file=state_file,
    )
