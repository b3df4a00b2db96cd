"""Use cases of licences: show them with their keys, switch addons, answer a tool."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel.events import Actor, Change
from chalicelib.licensing import store
from chalicelib.licensing.decision import Decision, Question, decide
from chalicelib.licensing.keys import KeyMistyped, key_hash
from chalicelib.licensing.rules import License, switched
from chalicelib.storage.transaction import Transaction, retrying

get_own = store.get_own
page = store.page


def validate(key: str, addons: tuple[str, ...], now: datetime) -> Decision:
    """Whether a key (and the named addons) is valid now (B1); a mistyped key is an unknown one."""
    try:
        license = store.find_by_key_hash(key_hash(key))
    except KeyMistyped:
        license = None
    return decide(Question(license, addons, now))


def switch_addon(license_id: str, code: str, enabled: bool, actor: Actor, now: datetime) -> License:
    """Turn one addon of one's own licence on or off (V10); turning it where it is already is harmless."""

    def attempt() -> License:
        license = store.get_own(license_id, actor.id)
        changed = switched(license, code, enabled)
        if changed == license:
            return license
        writing = Transaction()
        writing.save(store.row(changed))
        states = ("disabled", "enabled")
        action = f"addon {code} {states[enabled]}"
        writing.audit(Change(license_id, actor.id, action, states[not enabled], states[enabled], actor, now))
        writing.commit()
        return changed

    return retrying(attempt)
