"""Two concurrent invocations, taken through every order of their calls that makes a difference.

Each invocation is a thread that stops at every call until it is its turn, so that one order of calls is one
repeatable run. `explore` goes through the tree of orders depth first, with sleep sets (Godefroid 1996): of
orders that differ only in neighbouring calls that do not touch each other, one is run.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from urllib3.response import BaseHTTPResponse

from tests.integration.faults.hooks import Call, Crash, Interceptor, Send, intercepted

# For each invocation that is not finished, by its number: the call that it would make next.
Next = Mapping[int, Call]
Choose = Callable[[Next], int]

# Who pays at a provider changes what every provider's next call meets.
PAYER = "_sandbox"
STUCK_SECONDS = 60.0


class Repeats(Exception):
    """From here on, this order of calls would only repeat what has been run."""


class Actor(threading.Thread):
    """One invocation; `failure` is what it raised."""

    def __init__(self, work: Callable[[], object], wire: Interceptor, moved: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.wire = wire
        self.moved = moved
        self.turn = threading.Semaphore(0)
        self.next: Call | None = None
        self.failure: Exception | None = None
        self.abandoned = False

    def run(self) -> None:
        """Work from turn to turn."""
        try:
            with intercepted(self._wait_for_turn):
                self.work()
        except Crash:
            return
        except Exception as failure:
            self.failure = failure
        self.next = None
        self.moved.release()

    def abandon(self) -> None:
        """End it where it waits."""
        self.abandoned = True
        self.turn.release()
        self.join(STUCK_SECONDS)

    def _wait_for_turn(self, call: Call, send: Send) -> BaseHTTPResponse:
        self.next = call
        self.moved.release()
        self.turn.acquire()
        if self.abandoned:
            raise Crash("nobody waits for this any more")
        return self.wire(call, send)


def interleave(works: Sequence[Callable[[], object]], wire: Interceptor, choose: Choose) -> list[Exception]:
    """Run all works, one call at a time, whose being chosen each time; what they raised."""
    moved = threading.Semaphore(0)
    actors = [Actor(work, wire, moved) for work in works]
    for actor in actors:
        actor.start()
        assert moved.acquire(timeout=STUCK_SECONDS), "an invocation is stuck"
    while waiting := {at: actor.next for at, actor in enumerate(actors) if actor.next}:
        try:
            chosen = choose(waiting)
        except Repeats:
            for at in waiting:
                actors[at].abandon()
            raise
        actors[chosen].turn.release()
        assert moved.acquire(timeout=STUCK_SECONDS), "an invocation is stuck"
    return [actor.failure for actor in actors if actor.failure]


def touch(one: Call, other: Call) -> bool:
    """Whether the order of two calls can make a difference; a queue promises no order anyway."""
    if PAYER in (one.service, other.service):
        return not (one.is_aws or other.is_aws)
    if one.service != other.service or one.service == "SQS" or (one.reads and other.reads):
        return False
    return not (one.rows and other.rows) or bool(one.rows & other.rows)


@dataclass
class Node:
    """A point of decision: `asleep` are those whose moving on from here would repeat what was seen."""

    next: Next
    asleep: set[int]
    choice: int
    tried: set[int] = field(default_factory=set)

    @property
    def left(self) -> list[int]:
        """Who has not been let go from here yet, and should be."""
        return [at for at in self.next if at not in self.asleep | self.tried]

    def asleep_below(self) -> set[int]:
        """Who sleeps on after the chosen call: those whom it does not touch."""
        chosen = self.next[self.choice]
        others = (self.asleep | self.tried) - {self.choice}
        return {at for at in others if at in self.next and not touch(self.next[at], chosen)}


def explore(run: Callable[[Choose], object]) -> int:
    """Call `run` with one way of choosing after another until all have been seen; how many there were.

    A way that turns out to be like an earlier one raises `Repeats` through `run`, and is not counted.
    """
    path: list[Node] = []
    runs = 0
    while True:
        with contextlib.suppress(Repeats):
            _run_along(path, run)
            runs += 1
        while path and not _turn_elsewhere(path[-1]):
            path.pop()
        if not path:
            return runs


def _run_along(path: list[Node], run: Callable[[Choose], object]) -> None:
    """One run: along the path as far as it goes, then always the first who is awake."""
    depth = 0

    def choose(waiting: Next) -> int:
        nonlocal depth
        if depth == len(path):
            path.append(_new_node(path, waiting))
        depth += 1
        return path[depth - 1].choice

    run(choose)


def _new_node(path: list[Node], waiting: Next) -> Node:
    asleep = path[-1].asleep_below() if path else set()
    awake = [at for at in waiting if at not in asleep]
    if not awake:
        raise Repeats()
    return Node(dict(waiting), asleep, awake[0])


def _turn_elsewhere(node: Node) -> bool:
    node.tried.add(node.choice)
    if left := node.left:
        node.choice = left[0]
        return True
    return False
