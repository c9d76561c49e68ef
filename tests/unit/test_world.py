"""The world comes in by one door, and what comes in can be relied on."""

import os
import time
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chaos_ext import world


@given(st.integers() | st.text())
def test_dice_fall_the_same_way_when_the_seed_is_the_same(seed):
    first, second = world.dice(seed), world.dice(seed)

    assert [first.random() for _ in range(5)] == [second.random() for _ in range(5)]


@given(st.integers(min_value=1, max_value=64))
def test_token_has_the_length_that_was_asked_for(length):
    drawn = world.token(length)

    assert len(drawn) == length
    assert set(drawn) <= set("0123456789abcdef")


def test_token_is_nobody_elses():
    assert len({world.token() for _ in range(1000)}) == 1000


def test_wait_until_asks_once_when_the_condition_holds():
    asked = []

    held = world.wait_until(lambda: asked.append(1) is None, timeout_s=60)

    assert held
    assert len(asked) == 1


def test_wait_until_asks_again_until_the_condition_holds():
    answers = iter([False, False, True])

    assert world.wait_until(lambda: next(answers), timeout_s=60, every_s=0)
    assert list(answers) == []


def test_wait_until_says_no_when_the_time_is_over():
    began_ns = world.monotonic_ns()

    held = world.wait_until(lambda: False, timeout_s=0.02, every_s=0.001)

    assert not held
    assert world.monotonic_ns() - began_ns >= 20_000_000


def test_boot_id_is_the_kernels_unless_it_is_set(monkeypatch):
    monkeypatch.delenv("CHAOS_EXT_BOOT_ID", raising=False)
    kernels = world.boot_id()

    monkeypatch.setenv("CHAOS_EXT_BOOT_ID", "another")

    assert len(kernels) == 36
    assert world.boot_id() == "another"


def test_utc_text_says_its_offset_and_its_microseconds():
    told = datetime.fromisoformat(world.utc_text())

    assert told.utcoffset() == timedelta(0)
    assert abs(world.utc_now() - told) < timedelta(minutes=1)


def test_clocks_only_go_forward():
    monotonic, boottime = world.monotonic_ns(), world.boottime_ns()

    assert world.monotonic_ns() >= monotonic
    assert world.boottime_ns() >= boottime
    assert abs(time.monotonic_ns() - monotonic) < 60e9


def test_die_with_parent_ends_nobody_when_the_parent_lives(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)

    world.die_with_parent(os.getppid(), signum=0)

    assert ended == []


def test_die_with_parent_ends_the_child_when_the_parent_is_gone_already(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)

    world.die_with_parent(os.getppid() + 1, signum=0)

    assert ended == [1]
