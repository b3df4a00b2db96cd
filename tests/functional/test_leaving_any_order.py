"""In whatever order staff, schedules and the customer act, no case is closed with anything left (C14)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.cancellations import rules, service
from chalicelib.cancellations import steps as progress
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.answers import Answers
from chalicelib.cancellations.checklist import Step
from chalicelib.cancellations.rules import Case
from chalicelib.flows import leaving_steps
from chalicelib.kernel.errors import Refusal
from chalicelib.subscriptions import store as subscriptions
from tests.functional import ticketing
from tests.functional.conftest import opened
from tests.functional.leaving import ANSWERS, EVA, LEO, Leaver, leaver, unfinished
from tests.world import Keys

ACTS = st.one_of(
    st.tuples(st.sampled_from(["call", "reached", "silent", "cancel", "keep", "write", "rest"]), st.just(0)),
    st.tuples(st.sampled_from(["complete", "skip", "run"]), st.integers(0, 15)),
    st.tuples(st.just("hours"), st.sampled_from([1, 50, 400])),
)
PRODUCTS = st.sampled_from(["erp", "domain", "corporate-email", "site", "integration"])
MOST_PATIENCE = 20


class Story:
    """One case, and all who act on it."""

    def __init__(self, ana: Leaver, products: list[str], channel: str) -> None:
        self.ana, self.world = ana, ana.world
        self.case = ana.asks(*(ana.holds(product) for product in products), channel=channel)

    @property
    def now(self) -> Case:
        return cases.get(self.case.id)

    def act(self, what: str, how: int) -> None:
        """One of them acts; what is refused changes nothing."""
        before = self.now
        with suppress(Refusal):
            getattr(self, f"_{what}")(how)
        self.check(before)

    def _call(self, how: int) -> None:
        self.ana.tried(self.case)

    def _reached(self, how: int) -> None:
        self.ana.tried(self.case, result="reached")

    def _silent(self, how: int) -> None:
        service.change(
            self.case.id, lambda one: rules.fell_silent(one, self.world.now), "silent", EVA, self.world.now
        )

    def _cancel(self, how: int) -> None:
        self.ana.decided(self.case)

    def _keep(self, how: int) -> None:
        self.ana.decided(self.case, "reverted", by=LEO)

    def _write(self, how: int) -> None:
        ticketing.send(self.world, self.ana.token, ticketing.SUPPORT)

    def _rest(self, how: int) -> None:
        self.world.settle_down()

    def _run(self, how: int) -> None:
        self.world.now += timedelta(hours=how)
        leaving_steps.run(self.case.id, wiring.gateways(), wiring.reach(), self.world.now)

    def _complete(self, how: int) -> None:
        step = self._step(how)
        answers = ANSWERS.get(step.action, Answers("seen"))
        leaving_steps.complete(self.case.id, step.id, answers, LEO, self.world.now)

    def _skip(self, how: int) -> None:
        leaving_steps.skip(self.case.id, self._step(how).id, "not wanted", EVA, self.world.now)

    def _hours(self, how: int) -> None:
        self.ana.tick(self.world.now + timedelta(hours=how))

    def _step(self, how: int) -> Step:
        plan = self.now.plan
        return plan[how % len(plan)] if plan else progress.find_step(self.now, "none")

    def check(self, before: Case) -> None:
        """What must hold at any time."""
        after, sent = self.now, len(self.ana.letters("cancellation_confirmed"))
        assert after.requested_at == before.requested_at
        assert sent <= 1
        if before.outcome:
            assert (after.outcome, after.decided_by) == (before.outcome, before.decided_by)
        if after.status == "closed":
            assert ([*unfinished(after)], sent) == ([], 1)
            assert {subscriptions.get(item.contract_id).status for item in after.left} == {"ended"}
        if after.outcome == "reverted":
            assert sent == 0

    def come_to_an_end(self) -> None:
        """Somebody decides, and everybody does what is his."""
        with suppress(Refusal):
            self.ana.decided(self.case)
        for _ in range(MOST_PATIENCE):
            self.ana.carried_out(self.case)
            if self.now.closed_at:
                break
            self.ana.tick(self.world.now + timedelta(hours=1))
        assert self.now.status == ("closed" if self.now.outcome == "canceled" else "reverted")
        self.check(self.now)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    products=st.lists(PRODUCTS, min_size=1, max_size=2, unique=True),
    channel=st.sampled_from(["phone", "card", "chat", "broken_off"]),
    acts=st.lists(ACTS, max_size=25),
)
def test_no_order_of_acts_closes_a_case_with_a_step_left_or_its_email_unsent(
    keys: Keys, jwks_url: str, products: list[str], channel: str, acts: list[tuple[str, int]]
) -> None:
    with opened(keys, jwks_url) as world:
        story = Story(leaver(world), products, channel)
        for what, how in acts:
            story.act(what, how)
        story.come_to_an_end()
