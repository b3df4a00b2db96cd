"""Client of the Vigencia licence server: asks, remembers signed answers, and goes on through an outage.

Standard library and `cryptography` only. The protocol, step by step, is in the README beside this package.
"""

from vigencia_client.client import LicenseClient
from vigencia_client.keys import KeyMistyped
from vigencia_client.verdict import Addon, Result
from vigencia_client.version import VERSION

__all__ = ["VERSION", "Addon", "KeyMistyped", "LicenseClient", "Result"]
__version__ = VERSION
