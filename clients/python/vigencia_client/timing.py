"""When to ask, how long to wait after a failure, and which clocks not to believe. Pure; whole seconds."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# A clock may be set back this much, as time servers do, without being called rolled back.
TOLERANCE = 5 * MINUTE
# Further from the server's clock than this, a machine's clock says nothing about how long ago an answer was.
CLOCK_WRONG = DAY
# A refusal is asked about again after this, so that whoever pays or switches on need not wait for a day.
SETTLED = MINUTE
# The key set is asked for again with the first question after this, so that a withdrawn key is noticed.
KEYS_LAST = DAY
FIRST_WAIT, LONGEST_WAIT = 30, HOUR
# What a server may ask for at most; a longer Retry-After is cut.
LONGEST_RETRY_AFTER = DAY
MAX_FAILURES = 20


def rolled_back(at: int, *seen: int) -> bool:
    """Whether a time was seen before that this clock has not reached yet."""
    return at < max(seen) - TOLERANCE


def wrong(local: int, server: int) -> bool:
    """Whether the machine's clock is too far from the server's to count on."""
    return abs(local - server) > CLOCK_WRONG


def recently(then: int, now: int, span: int) -> bool:
    """Whether `then` lies less than `span` seconds back; never for an instant in the future."""
    return 0 <= now - then < span


def wait(failures: int, chance: float, retry_after: int | None) -> int:
    """Seconds to wait after so many failures: full jitter (`chance` in 0–1), or what the server asked for."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures - 1, MAX_FAILURES))
    return max(1, int(chance * longest), min(retry_after or 0, LONGEST_RETRY_AFTER))


def waiting(retry_at: int, now: int) -> bool:
    """Whether it is too early to ask again. A date further off than any wait was set by another clock."""
    return now < retry_at <= now + LONGEST_RETRY_AFTER
