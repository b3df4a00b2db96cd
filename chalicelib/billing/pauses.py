"""How often and for how long providers are asked about a charge of which they have told nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

# How often the provider is asked about a charge of which it has told nothing, and for how long.
ASK_EVERY = timedelta(hours=6)
ASK_FOR = timedelta(days=90)
# Redsys tells of a payment once, and its page lives for 30 minutes; PayPal's yes is worth nothing until we
# take the money. So these two are asked sooner, until the payer can be taken to have gone away.
ASK_SOON: Mapping[str, timedelta] = {"redsys": timedelta(minutes=30), "paypal": timedelta(minutes=30)}
ASK_SOON_FOR = timedelta(hours=6)
# A dispute's end may be told to us in vain too: banks take up to four months for one.
ASK_CONTESTED_EVERY = timedelta(days=1)
ASK_CONTESTED_FOR = timedelta(days=120)
# The pauses between looks at money of which there is news grow up to this one.
REVIEW_EVERY = timedelta(days=1)
# A form cannot be taken back: who posted it just before its attempt ended may pay for half an hour more, on
# Redsys's page, and the one notice of that may be lost. So it is asked about once more when that is over.
LINGERS = timedelta(hours=1)
