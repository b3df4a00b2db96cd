"""Use cases of licences: activate and move installations, switch addons, issue files, and what staff does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.licensing import activations, notices, rules, store
from chalicelib.licensing.activations import NoFreeSeat
from chalicelib.licensing.decision import Decision, Question, decide, usable
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.rules import Addon, Command, License
from chalicelib.licensing.standing import Place, found
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Transaction, retrying

get = store.get
get_own = store.get_own
page = store.page
due = store.due

TOOL = Actor("tool", "system")


class LicenseNotUsable(Conflict):
    """No file for a licence that does not work now; `verdict` is what validation says."""

    code = "license_not_usable"
    text = {
        "en": "The licence cannot be used now: {verdict}.",
        "es": "La licencia no puede usarse ahora: {verdict}.",
        "pt-BR": "A licença não pode ser usada agora: {verdict}.",
    }


@dataclass(frozen=True)
class LicenseFile:
    """What a licence file says, and until when."""

    license: License
    decision: Decision
    until: datetime


def activate(
    hashed: str | None, place: Place, name: str | None, wanted: tuple[str, ...], now: datetime
) -> Decision:
    """Use the licence in this place too (B3); again is harmless. A mistyped key (None) is an unknown one.

    A licence that does not work, or has no free seat, is left as it is and the decision says why.
    """

    def attempt() -> Decision:
        license = store.find_by_key_hash(hashed, now) if hashed else None
        if license is None or not usable(license, now):
            return decide(Question(license, wanted, now, place))
        try:
            after = activations.activated(license, place, name, now)
        except NoFreeSeat:
            return decide(Question(license, wanted, now, place, activating=True))
        _save(license, after, f"activated on {place.fingerprint} ({place.environment})", TOOL, now)
        return decide(Question(after, wanted, now, place))

    return retrying(attempt)


def deactivate(hashed: str | None, place: Place, wanted: tuple[str, ...], now: datetime) -> Decision:
    """Give the seat of this place back, as a tool does that is being removed; again is harmless.

    The decision is the one after it. `UsedOffline`, `MovesExhausted`.
    """

    def attempt() -> Decision:
        license = store.find_by_key_hash(hashed, now) if hashed else None
        activation = found(license.activations, place) if license else None
        if license is None or activation is None:
            return decide(Question(license, wanted, now, place))
        after = activations.released(license, activation, now)
        _save(license, after, f"deactivated on {activation.fingerprint}", TOOL, now)
        return decide(Question(after, wanted, now, place))

    return retrying(attempt)


def remove_activation(license_id: str, activation_id: str, actor: Actor, now: datetime) -> License:
    """Free the seat of one installation of one's own licence, to use it elsewhere (V10, B3).

    `ActivationNotFound`, `UsedOffline`, `MovesExhausted`.
    """

    def change(license: License) -> License:
        return activations.released(license, activations.activation_of(license, activation_id), now)

    return _changed(license_id, change, lambda _: f"activation {activation_id} removed", actor, now, own=True)


def issue_file(
    license_id: str, place: Place, valid_for: timedelta, actor: Actor, now: datetime
) -> LicenseFile:
    """A file for an installation without network, which takes (or keeps) a seat until the file ends (B2).

    It ends with the licence at the latest. `LicenseNotUsable`, `NoFreeSeat`.
    """

    def attempt() -> LicenseFile:
        license = store.get_own(license_id, actor.id)
        _refuse_unless_valid(Question(license, (), now))
        after = activations.activated(license, place, None, now)
        decision = _refuse_unless_valid(Question(after, (), now, place))
        until = min(filter(None, (now + valid_for, after.grace_until)))
        after = activations.held_offline(after, place, until)
        action = f"licence file for {place.fingerprint} until {rfc3339(until)}"
        _save(license, after, action, actor, now, even_unchanged=True)
        return LicenseFile(after, decision, until)

    return retrying(attempt)


def switch_addon(license_id: str, code: str, enabled: bool, actor: Actor, now: datetime) -> License:
    """Turn one addon of one's own licence on or off (V10); turning it where it is already is harmless."""
    states = ("disabled", "enabled")
    return _changed(
        license_id,
        lambda license: rules.switched(license, code, enabled),
        lambda _: f"addon {code} {states[enabled]}",
        actor,
        now,
        own=True,
        states=(states[not enabled], states[enabled]),
    )


# Staff


def command(license_id: str, what: Command, actor: Actor, now: datetime) -> License:
    """Suspend, reinstate or revoke a licence, for the actor's reason; its owner is told. `LicenseRevoked`."""
    return _changed(
        license_id,
        lambda license: rules.commanded(license, what),
        lambda _: f"licence {what}",
        actor,
        now,
        tell={"change": {"suspend": "suspended", "reinstate": "reinstated", "revoke": "revoked"}[what]},
    )


def amend(license_id: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> License:
    """Set end, paid part, seats or moves of a licence, for the actor's reason. `LicenseRevoked`."""
    return _changed(
        license_id,
        lambda license: rules.amended(license, changes),
        lambda license: _told("licence", license, changes),
        actor,
        now,
    )


def amend_addon(
    license_id: str, code: str, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> License:
    """Set end, paid part or switch of one addon, for the actor's reason. `AddonNotFound`."""
    return _changed(
        license_id,
        lambda license: rules.amended_addon(license, code, changes),
        lambda license: _told(f"addon {code}", rules.addon_of(license, code), changes),
        actor,
        now,
    )


def rotate(
    license_id: str,
    overlap_days: int,
    secret: bytes,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[License], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> License:
    """Give a licence a new key; the old one works for `overlap_days` more.

    `answer` gives what a repeat of the request gets again. `LicenseRevoked`, `Replay`,
    `IdempotencyKeyReused`.
    """

    def change(license: License) -> License:
        if repeatable:
            repeatable.replay()
        key = derive_key(secret, license.id, license.rotation + 1)
        return rules.rotated(license, key_hash(key), hint(key), overlap_days, now)

    tell = {"change": "rotated"}
    if overlap_days:
        tell["old_until"] = rfc3339(now + timedelta(days=overlap_days))
    action = f"key rotated, the old one works for {overlap_days} days"
    record = (lambda license: repeatable.row(*answer(license), now)) if repeatable else None
    return _changed(license_id, change, lambda _: action, actor, now, tell=tell, record=record)


def clear_activation(license_id: str, activation_id: str, actor: Actor, now: datetime) -> License:
    """Free a seat for the customer, for the actor's reason, past moves and files. `ActivationNotFound`."""

    def change(license: License) -> License:
        return activations.removed(license, activations.activation_of(license, activation_id))

    return _changed(license_id, change, lambda _: f"activation {activation_id} cleared", actor, now)


# The schedule


def notify(license_id: str, now: datetime) -> None:
    """Tell, once, what is due to be told about the ends of a licence and its addons, as events."""

    def attempt() -> None:
        license = store.get(license_id)
        after, due_now = notices.due_notices(license, now)
        if license.due_at is None or not due_now:
            return
        writing = Transaction()
        writing.save(*store.rows(after, now))
        for notice in due_now:
            writing.emit(notices.event_of(after, notice, now))
        writing.commit()

    retrying(attempt)


def _changed(
    license_id: str,
    change: Callable[[License], License],
    action: Callable[[License], str],
    actor: Actor,
    now: datetime,
    *,
    own: bool = False,
    states: tuple[str, str] | None = None,
    tell: Mapping[str, str] | None = None,
    record: Callable[[License], Row] | None = None,
) -> License:
    """Load, change and save; `own`: only the actor's own licence. What changes nothing leaves no trace."""

    def attempt() -> License:
        license = store.get_own(license_id, actor.id) if own else store.get(license_id)
        after = change(license)
        _save(license, after, action(license), actor, now, states=states, tell=tell, record=record)
        return after

    return retrying(attempt)


def _save(
    before: License,
    after: License,
    action: str,
    actor: Actor,
    now: datetime,
    *,
    states: tuple[str, str] | None = None,
    tell: Mapping[str, str] | None = None,
    even_unchanged: bool = False,
    record: Callable[[License], Row] | None = None,
) -> None:
    if after == before and not even_unchanged:
        return
    writing = Transaction()
    writing.save(*store.rows(after, now))
    was, becomes = states or (before.status, after.status)
    writing.audit(Change(after.id, after.customer_id, action, was, becomes, actor, now))
    if tell:
        writing.emit(Event("license.changed", after.id, now, tell))
    if record:
        writing.save(record(after))
    writing.commit()


def _refuse_unless_valid(question: Question) -> Decision:
    decision = decide(question)
    if not decision.valid:
        raise LicenseNotUsable(verdict=decision.code)
    return decision


def _told(what: str, before: License | Addon, changes: Mapping[str, Any]) -> str:
    shown = (f"{name} {_shown(getattr(before, name))} → {_shown(to)}" for name, to in sorted(changes.items()))
    return f"{what}: {', '.join(shown)}"


def _shown(value: Any) -> str:
    return rfc3339(value) if isinstance(value, datetime) else str(value)
