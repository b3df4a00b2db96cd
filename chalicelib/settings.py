"""The only reader of the environment: one frozen `Settings`, one error that lists everything missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache


class SettingsIncomplete(Exception):
    """Environment variables that the template should have set are missing or empty."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"missing environment variables: {', '.join(names)}")
        self.names = names


@dataclass(frozen=True)
class Settings:
    """One field per variable of the function environment in `infra/resources.yaml`, in upper case there."""

    stage: str
    table_name: str
    user_pool_id: str
    user_pool_client_id: str
    token_issuer: str
    jwks_url: str
    charges_queue_url: str
    settlements_queue_url: str
    mails_queue_url: str
    documents_queue_url: str
    documents_bucket: str
    attachments_bucket: str
    inbox_bucket: str
    asaas_url: str
    stripe_url: str
    paypal_url: str
    redsys_url: str
    payment_methods: str
    secrets_prefix: str
    mail_from: str
    team_email: str
    support_email: str
    mail_configuration_set: str
    vendor_name: str
    vendor_tax_id: str
    vendor_country: str
    vendor_zone: str
    vendor_address: str
    public_url: str
    store_url: str
    transfer_account: str
    taxes: str
    allowed_origins: str
    confirm_sign_up: str
    validations_per_key: str
    validations_per_address: str

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may call the API."""
        return frozenset(origin.strip() for origin in self.allowed_origins.split(",") if origin.strip())


@dataclass(frozen=True)
class AwsAccess:
    """What Lambda gives a function to reach AWS with; secrets never show."""

    region: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None

    def endpoint(self, service: str) -> str:
        """The address of a service: the one endpoint that was given, or AWS's own."""
        return self.endpoint_url or f"https://{service}.{self.region}.amazonaws.com"


def read(environ: Mapping[str, str]) -> Settings:
    """Settings from a mapping such as `os.environ`; `SettingsIncomplete` names every missing one."""
    names = [one.name for one in fields(Settings)]
    missing = [name.upper() for name in names if not environ.get(name.upper())]
    if missing:
        raise SettingsIncomplete(missing)
    return Settings(**{name: environ[name.upper()] for name in names})


@cache
def settings() -> Settings:
    """The process's settings, read once, on first use."""
    return read(os.environ)


def aws_access() -> AwsAccess:
    """The function's own rights, as its environment has them; they outlast the process."""
    return AwsAccess(
        os.environ["AWS_REGION"],
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN"),
        os.environ.get("AWS_ENDPOINT_URL"),
    )
