"""Whatever happens to a licence, in whatever order: its promises hold after every step (B1, B2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.kernel.errors import Refusal
from chalicelib.licensing import rules
from chalicelib.licensing.activations import (
    UsedOffline,
    activated,
    held_offline,
    released,
    removed,
)
from chalicelib.licensing.answer import Asked, answer, claims
from chalicelib.licensing.decision import CODES, Question, decide
from chalicelib.licensing.notices import due_notices, quiet_until
from chalicelib.licensing.rules import Activation, Command, License, Move, standing_of
from chalicelib.licensing.signing import Signer
from chalicelib.licensing.standing import Place, found, opened_by, seated

from .made import ADDON_CODES, DAY, FINGERPRINTS, MOMENT, NOW, YEAR, a_license, an_addon

SIGNER = Signer("https://api.example.com", "k1", {"k1": Ed25519PrivateKey.generate()})
COMMANDS: tuple[Command, ...] = ("suspend", "suspend", "reinstate", "reinstate", "reinstate", "revoke")
# Where a tool may say that it runs; a shop that says nothing is what its domain tells.
PLACES = (
    *(Place(one) for one in (*FINGERPRINTS, "x.com", "y.com", "z.com")),
    Place("dev.shop.com", "production"),
    # Whoever has a seat may say that he needs none.
    *(Place(one, "staging") for one in (*FINGERPRINTS, "x.com", "y.com")),
    Place("shop.com", "local"),
)
STATED = tuple(one for one in PLACES if one.stated)
CODE, DAYS = st.sampled_from(ADDON_CODES), st.integers(0, 60)
PLACE = st.sampled_from(PLACES)


class History(RuleBasedStateMachine):
    """One licence, everything that can be done with it, and what is known of it besides."""

    license: License
    now: datetime

    @initialize(days=DAYS, grace=st.integers(0, 9), seats=st.integers(1, 2), moves=st.integers(0, 2))
    def buy(self, days: int, grace: int, seats: int, moves: int) -> None:
        self.now = NOW
        end = NOW + days * DAY
        self.license = a_license(expires_at=end, grace_days=grace, seats=seats, moves_per_year=moves)
        self.promised: dict[str, datetime | None] = {"hash-0": None}
        self.told: set[tuple[str | None, int, datetime]] = set()
        # Since when there were which production installations, and how many seats.
        self.used: list[tuple[datetime, frozenset[str], int]] = []
        self.offline: dict[str, datetime] = {}
        self.revoked = False

    @rule(days=DAYS)
    def renew(self, days: int) -> None:
        self.license = replace(self.license, **self._term(self.license, days))

    @rule(code=CODE, days=DAYS, grace=st.integers(0, 9))
    def buy_or_renew_addon(self, code: str, days: int, grace: int) -> None:
        held = next((one for one in self.license.addons if one.code == code), an_addon(code, expires_at=None))
        addon = replace(held, grace_days=grace, **self._term(held, days))
        self.license = rules.with_addon(self.license, addon)

    def _term(self, held: rules.License | rules.Addon, days: int) -> dict[str, Any]:
        start = max(filter(None, (held.expires_at, self.now)))
        end = start + days * DAY
        quiet = quiet_until(start, end, held.noticed_until)
        return {"expires_at": end, "paid_until": None, "noticed_until": quiet}

    @rule(days=st.sampled_from([0, 1, 7, 30, 200, 366]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(grace=st.booleans(), before=st.booleans())
    def it_ends(self, grace: bool, before: bool) -> None:
        end = self.license.grace_until if grace else self.license.ends_at
        if end and end > self.now:
            self.now = end - MOMENT if before else end

    @rule(code=CODE, enabled=st.booleans())
    def switch(self, code: str, enabled: bool) -> None:
        with suppress(Refusal):
            self.license = rules.switched(self.license, code, enabled)

    @rule(command=st.sampled_from(COMMANDS))
    def staff_commands(self, command: Command) -> None:
        with suppress(Refusal):
            self.license = rules.commanded(self.license, command)
        self.revoked = self.revoked or command == "revoke"

    @rule(seats=st.integers(1, 2))
    def staff_sets_seats(self, seats: int) -> None:
        with suppress(Refusal):
            fewer = seats < self.license.seats
            self.license = rules.amended(self.license, {"seats": seats})
            if fewer:
                # A seat that staff takes away is no move: it begins a new count.
                self.used.clear()

    @rule(code=st.none() | CODE, name=st.sampled_from(["expires_at", "paid_until"]), days=st.none() | DAYS)
    def staff_sets_an_end(self, code: str | None, name: str, days: int | None) -> None:
        changes = {name: None if days is None else self.now + (days - 9) * DAY}
        with suppress(Refusal):
            if code is None:
                self.license = rules.amended(self.license, changes)
            else:
                self.license = rules.amended_addon(self.license, code, changes)
        if name == "expires_at":
            # Told anew, as it stands then.
            self.told = {one for one in self.told if one[0] != code}

    @rule(place=PLACE)
    def activate(self, place: Place) -> None:
        before = production_of(self.license)
        with suppress(Refusal):
            self.license = activated(self.license, place, None, self.now)
        # Activating takes a seat or keeps one; it never gives one back.
        assert before <= production_of(self.license)
        self._forget_files()

    @rule(at=st.integers(0, 9), to=st.lists(PLACE, min_size=2, max_size=5, unique=True))
    def move(self, at: int, to: list[Place]) -> None:
        for place in to:
            here = self.license.activations
            if here:
                with suppress(Refusal):
                    self._release(here[at % len(here)])
            self.activate(place)

    def _release(self, activation: Activation) -> None:
        before, held = self.license, self.offline.get(activation.fingerprint, self.now)
        try:
            self.license = released(before, activation, self.now)
        except UsedOffline:
            assert self.now < held
            raise
        assert held <= self.now
        self._forget_files()
        moved = self.license.moves[-1:] == (Move(activation.fingerprint, self.now),)
        if activation.environment == "production" and seated(before, activation):
            assert moved
        else:
            assert self.license.moves == before.moves

    @rule(place=PLACE, days=DAYS)
    def issue_file(self, place: Place, days: int) -> None:
        if found(self.license.activations, place):
            until = self.now + days * DAY
            self.license = held_offline(self.license, place, until)
            self.offline[place.fingerprint] = max(until, self.offline.get(place.fingerprint, until))

    def _forget_files(self) -> None:
        here = {one.fingerprint for one in self.license.activations}
        self.offline = {one: until for one, until in self.offline.items() if one in here}

    @rule(at=st.integers(0, 9))
    def staff_clears(self, at: int) -> None:
        if self.license.activations:
            gone = self.license.activations[at % len(self.license.activations)]
            self.license = removed(self.license, gone)
            self._forget_files()
            # What staff gives back beyond the year's moves begins a new count.
            self.used.clear()

    @rule(overlap=st.integers(0, 30))
    def rotate(self, overlap: int) -> None:
        new, retires = f"hash-{self.license.rotation + 1}", self.now + timedelta(days=overlap)
        latest = self.license.keys[-1].hash
        with suppress(Refusal):
            self.license = rules.rotated(self.license, new, "123456", overlap, self.now)
            # The one before lives on for a while, all older ones end here.
            older = {one: min(end or self.now, self.now) for one, end in self.promised.items()}
            self.promised = {**older, latest: retires, new: None}

    @rule()
    def tell(self) -> None:
        if self.license.due_at is None:
            return
        self.license, told = due_notices(self.license, self.now)
        for notice in told:
            once = (notice.addon, notice.days, notice.expires_at)
            assert once not in self.told
            self.told.add(once)

    # What holds after every step

    def _questions(self) -> Iterator[Question]:
        for wanted in ((), ("a",), ("a", "b"), ("unknown",)):
            for place in (None, PLACES[0], *STATED[:2]):
                yield Question(self.license, wanted, self.now, place)

    @invariant()
    def the_code_is_the_first_of_the_table_that_is_true(self) -> None:
        for question in self._questions():
            code = decide(question).code
            first = next(code for code, _, applies in CODES if applies(question))
            assert code == first
            assert not self.revoked or code == "REVOKED"

    @invariant()
    def the_token_never_says_more_than_the_answer(self) -> None:
        by = Asked("hash", "shop.com", PLACES[0], "n")
        for question in self._questions():
            decision = decide(question)
            copied = decide(replace(question, license=standing_of(self.license)))
            assert replace(copied, license=None) == replace(decision, license=None)
            assert_says_no_more(claims(decision, by, SIGNER.issuer), answer(decision, by, SIGNER, "en"))

    @invariant()
    def a_key_opens_the_licence_until_it_retires_whatever_else_happens(self) -> None:
        for hashed, end in self.promised.items():
            assert opened_by(self.license, hashed, self.now) == (end is None or self.now < end)
        assert not opened_by(self.license, "hash", self.now)

    @invariant()
    def no_more_installations_have_seats_than_there_are(self) -> None:
        production = [one for one in self.license.activations if one.environment == "production"]
        assert sum(seated(self.license, one) for one in production) == min(
            len(production), self.license.seats
        )
        fingerprints = [one.fingerprint for one in self.license.activations]
        assert len(set(fingerprints)) == len(fingerprints)

    @invariant()
    def a_licence_has_no_more_keys_than_its_order_can_write(self) -> None:
        assert len(self.license.keys) <= rules.MOST_KEYS

    @invariant()
    def no_365_days_see_more_installations_than_seats_and_moves(self) -> None:
        production = [one for one in self.license.activations if one.environment == "production"]
        here = frozenset(one.fingerprint for one in production if seated(self.license, one))
        recent = [move for move in self.license.moves if move.at > self.now - YEAR]
        assert len(recent) <= self.license.moves_per_year
        self.used.append((self.now, here, self.license.seats))
        before = [one for one in self.used if one[0] <= self.now - YEAR][-1:]
        within = [one for one in self.used if one[0] > self.now - YEAR]
        first, seats = (before + within)[0][1], max(seats for _, _, seats in before + within)
        seen = first.union(*(used for _, used, _ in within))
        assert len(seen) <= max(len(first), seats + self.license.moves_per_year)

    @invariant()
    def the_next_notice_is_about_an_end(self) -> None:
        due = self.license.due_at
        if due is None:
            return
        ends = {one.expires_at for one in (self.license, *self.license.addons)}
        assert due in {end - days * DAY for end in ends if end for days in (30, 7, 1, 0)}


def production_of(license: License) -> set[str]:
    """The installations that count."""
    return {one.fingerprint for one in license.activations if one.environment == "production"}


def assert_says_no_more(said: dict[str, Any], body: dict[str, Any]) -> None:
    """Each verdict, status and date of the token is the answer's, or ends earlier."""
    assert (said["code"], said["valid"]) == (body["code"], body["valid"])
    assert said["license"] == (body["license"] and body["license"]["id"])
    assert no_later(said["grace_until"], body["grace_until"])
    assert no_later(said["valid_until"], body["valid_until"])
    assert said["valid"] == (said["grace_until"] is not None)
    assert list(said["addons"]) == [one["code"] for one in body["addons"]]
    for one in body["addons"]:
        told = said["addons"][one["code"]]
        assert (told["valid"], told["status"]) == (one["valid"], one["status"])
        assert no_later(told["exp"], one["expires_at"])
        assert not one["in_grace"] or no_later(told["grace_until"], one["grace_until"])
        # What works now ends some time after now, or never.
        assert not told["valid"] or told["grace_until"] is None or told["grace_until"] >= said["iat"]


def no_later(seconds: int | None, text: str | None) -> bool:
    """Whether an end in a token is there exactly when the answer has one, and not after it."""
    if seconds is None or text is None:
        return seconds is None and text is None
    return seconds <= datetime.fromisoformat(text).timestamp()


TestHistory = History.TestCase
TestHistory.settings = settings(deadline=None, max_examples=50, stateful_step_count=25)
