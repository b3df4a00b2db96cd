"""Clocks that lie: set back, running ahead, in the wrong time zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.client.kit import DAY, HOUR, KEY, MINUTE, NOW, UNREACHABLE, Clock, Machine


def _offline(machine: Machine, now: int) -> tuple[str, str | None]:
    machine.server.trouble = UNREACHABLE
    machine.clock.now = now
    result = machine.client().validate(KEY)
    return result.state, result.reason


def test_a_clock_set_back_sends_the_tool_to_the_server(machine: Machine) -> None:
    machine.client().validate(KEY)
    machine.passes(-6 * MINUTE)
    assert machine.client().validate(KEY).source == "server"


def test_a_clock_set_back_is_refused_offline(machine: Machine) -> None:
    machine.client().validate(KEY)
    assert _offline(machine, NOW - 6 * MINUTE) == ("unknown", "clock_rolled_back")


def test_a_clock_set_back_a_little_is_believed(machine: Machine) -> None:
    machine.client().validate(KEY)
    machine.passes(-5 * MINUTE)
    assert machine.client().validate(KEY).source == "cache"


def test_time_that_was_seen_offline_counts_too(machine: Machine) -> None:
    machine.client().validate(KEY)
    assert _offline(machine, NOW + 10 * DAY)[0] == "valid"
    assert _offline(machine, NOW + 9 * DAY) == ("unknown", "clock_rolled_back")
    assert _offline(machine, NOW + 10 * DAY)[0] == "valid"


def test_turning_the_clock_back_every_day_does_not_make_a_licence_eternal(machine: Machine) -> None:
    machine.client().validate(KEY)
    states = [_offline(machine, NOW + day % 13 * DAY)[0] for day in range(26)]
    assert states == ["valid"] * 13 + ["unknown"] * 12 + ["valid"]


def test_what_is_signed_counts_even_if_the_cache_was_edited(machine: Machine) -> None:
    machine.client().validate(KEY)
    machine.path.write_text(machine.path.read_text().replace(f'"seen":{NOW}', '"seen":0'))
    assert _offline(machine, NOW - DAY) == ("unknown", "clock_rolled_back")


def test_waiting_goes_on_while_a_clock_is_set_back(machine: Machine) -> None:
    machine.client().validate(KEY)
    _offline(machine, NOW - DAY)
    asked = len(machine.server.asked)
    assert _offline(machine, NOW - DAY + 20) == ("unknown", "clock_rolled_back")
    assert len(machine.server.asked) == asked


def test_a_wait_that_another_clock_ordered_is_not_waited_for(machine: Machine) -> None:
    assert _offline(machine, NOW + 365 * DAY) == ("unknown", "unreachable")
    machine.server.trouble = None
    machine.clock.now = NOW
    assert machine.client().validate(KEY).valid


@pytest.mark.parametrize("ahead", [HOUR, 10 * DAY, 365 * DAY])
def test_a_clock_that_ran_ahead_locks_nobody_out(machine: Machine, ahead: int) -> None:
    machine.client().validate(KEY)
    _offline(machine, NOW + ahead)
    machine.server.trouble = None
    machine.clock.now = NOW + 2 * HOUR
    assert machine.client().validate(KEY, force=True).source == "server"
    assert _offline(machine, NOW + 2 * DAY)[0] == "valid"


def test_a_cache_from_the_future_locks_nobody_out(machine: Machine) -> None:
    machine.client().validate(KEY)
    machine.path.write_text(machine.path.read_text().replace(f'"seen":{NOW}', '"seen":4000000000'))
    assert _offline(machine, NOW + 1) == ("unknown", "clock_rolled_back")
    machine.server.trouble = None
    machine.passes(HOUR)
    assert machine.client().validate(KEY).source == "server"
    machine.passes(HOUR)
    assert machine.client().validate(KEY).source == "cache"


@pytest.mark.parametrize("wrong_by", [-30 * DAY, -DAY - 1, DAY + 1, 30 * DAY])
def test_a_clock_wrong_by_more_than_a_day_is_told_and_nothing_is_used_offline(
    tmp_path: Path, wrong_by: int
) -> None:
    machine = Machine(tmp_path / "answers.json", Clock(NOW + wrong_by), Clock())
    for _ in range(2):
        result = machine.client().validate(KEY)
        assert (result.state, result.source, result.reason) == ("valid", "server", "clock_wrong")
        assert "clock" in result.detail
    assert _offline(machine, NOW + wrong_by + 1)[0] == "unknown"


def test_a_server_time_seen_by_a_wrong_clock_is_remembered(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "answers.json", Clock(), Clock())
    machine.client().validate(KEY)
    assert machine.server_clock
    machine.server_clock.now = NOW + 3 * DAY
    assert machine.client().validate(KEY, force=True).reason == "clock_wrong"
    assert _offline(machine, NOW + HOUR) == ("unknown", "clock_rolled_back")


@pytest.mark.parametrize("wrong_by", [-20 * HOUR, -HOUR, HOUR, 20 * HOUR])
def test_a_clock_in_the_wrong_time_zone_is_read_as_the_server_would(tmp_path: Path, wrong_by: int) -> None:
    machine = Machine(tmp_path / "answers.json", Clock(NOW + wrong_by), Clock())
    machine.client().validate(KEY)
    machine.passes(23 * HOUR)
    assert machine.client().validate(KEY).source == "cache"
    assert _offline(machine, NOW + wrong_by + 14 * DAY - 1)[0] == "valid"
    assert _offline(machine, NOW + wrong_by + 14 * DAY)[0] == "unknown"
