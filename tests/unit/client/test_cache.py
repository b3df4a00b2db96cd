"""The cache file: private, replaced as a whole, and worth nothing when broken."""

from __future__ import annotations

import json
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vigencia_client.cache import MAX_ANSWERS, MAX_FILE, Answer, Cache, Memory

from tests.unit.client.kit import DAY, JWKS, KEY, NOW, URL, Machine

FULL = Memory(NOW, -7, JWKS, NOW - 5, {"one": Answer("a.b.c", NOW, 3, NOW + 60), "two": Answer()})


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "answers.json"
    Cache(path, URL).update(lambda _: FULL)
    assert Cache(path, URL).load() == FULL


def test_a_file_of_an_absurd_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    cache = Cache(path, URL)
    cache.update(lambda _: FULL)
    path.write_bytes(path.read_bytes() + b" " * MAX_FILE)
    assert cache.load() == Memory()


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.touch(0o666)
    Cache(path, URL).update(lambda _: FULL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_another_servers_memory_is_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    Cache(path, URL).update(lambda _: FULL)
    assert Cache(path, "https://other.example.com").load() == Memory()


def test_the_key_itself_is_not_in_the_file(machine: Machine) -> None:
    machine.client().validate(KEY)
    text = machine.path.read_text()
    assert KEY not in text
    assert KEY.removeprefix("VIG-").replace("-", "") not in text


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b"{}", b"0" * 5_000_000]
)
def test_a_broken_cache_is_no_cache(machine: Machine, content: bytes) -> None:
    machine.path.write_bytes(content)
    assert machine.client().validate(KEY).source == "server"
    assert machine.client().validate(KEY).source == "cache"


BROKEN: dict[str, Any] = {
    "version": 2,
    "seen": "now",
    "offset": 2 * DAY,
    "jwks": [],
    "jwks_at": -1,
    "answers": {"x": {"token": 1, "asked_at": 0, "failures": 0, "retry_at": 0}},
}


@pytest.mark.parametrize("member", BROKEN)
def test_a_member_that_we_would_not_write_breaks_it(tmp_path: Path, member: str) -> None:
    path = tmp_path / "answers.json"
    cache = Cache(path, URL)
    cache.update(lambda _: FULL)
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, member: BROKEN[member]}))
    assert cache.load() == Memory()
    del said[member]
    path.write_text(json.dumps(said))
    assert cache.load() == Memory()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(place=st.integers(0, 1200), byte=st.integers(0, 255), kept=st.integers(0, 2000))
def test_no_damage_to_the_cache_makes_a_licence_invalid(
    machine: Machine, place: int, byte: int, kept: int
) -> None:
    machine.server.trouble = None
    machine.path.unlink(missing_ok=True)
    machine.client().validate(KEY)
    content = bytearray(machine.path.read_bytes())
    content[place % len(content)] = byte
    machine.path.write_bytes(bytes(content[:kept] if kept % 2 else content))
    machine.server.trouble = OSError("no route")
    assert machine.client().validate(KEY, force=True).state in ("valid", "unknown")


def test_a_place_that_cannot_be_written_leaves_the_memory_of_the_process(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    client = machine.client(cache_path=tmp_path / "file" / "answers.json")
    assert client.validate(KEY).source == "server"
    assert client.validate(KEY).source == "cache"


def test_a_directory_in_its_place_is_no_cache(machine: Machine, tmp_path: Path) -> None:
    client = machine.client(cache_path=tmp_path)
    assert client.validate(KEY).source == "server"
    assert client.validate(KEY).source == "cache"


def test_too_many_questions_forget_those_asked_longest_ago() -> None:
    memory = Memory()
    for number in range(MAX_ANSWERS + 5):
        memory = memory.with_answer(f"q{number}", Answer("t", asked_at=number))
    assert list(memory.answers) == [f"q{number}" for number in range(5, MAX_ANSWERS + 5)]


def test_a_question_that_never_had_an_answer_is_still_counted_in_a_full_memory() -> None:
    memory = Memory(answers={f"q{number}": Answer("t", asked_at=number + 1) for number in range(MAX_ANSWERS)})
    assert memory.with_answer("new", Answer(failures=1)).answer("new").failures == 1


def test_writers_at_once_never_leave_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    Cache(path, URL).update(lambda _: FULL)
    lost = []

    def writes(number: int) -> None:
        cache = Cache(path, URL)
        for _ in range(20):
            cache.update(lambda memory: replace(memory, jwks_at=number))
            lost.append(cache.load().answers != FULL.answers)

    threads = [threading.Thread(target=writes, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(lost)
    assert len(lost) == 80
    assert list(tmp_path.iterdir()) == [path]
