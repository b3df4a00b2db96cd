"""The only reader of the environment: one frozen `Settings`, one error that lists everything missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
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
    asaas_url: str
    stripe_url: str
    secrets_prefix: str
    mail_from: str
    team_email: str
    mail_configuration_set: str
    vendor_name: str
    vendor_tax_id: str
    vendor_country: str
    vendor_zone: str
    public_url: str
    store_url: str
    allowed_origins: str
    confirm_sign_up: str

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may call the API."""
        return frozenset(origin.strip() for origin in self.allowed_origins.split(",") if origin.strip())


def read(environ: Mapping[str, str]) -> Settings:
    """Settings from a mapping such as `os.environ`; `SettingsIncomplete` names every missing one."""
    names = [field.name for field in fields(Settings)]
    missing = [name.upper() for name in names if not environ.get(name.upper())]
    if missing:
        raise SettingsIncomplete(missing)
    return Settings(**{name: environ[name.upper()] for name in names})


@cache
def settings() -> Settings:
    """The process's settings, read once, on first use."""
    return read(os.environ)
