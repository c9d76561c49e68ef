"""Who meets which toxic: decided once, the same way for the same seed."""

from dataclasses import replace

import pytest

from chaos_ext.proxy.core import chosen


@pytest.fixture
def half(toxic):
    return replace(toxic("timeout", timeout=0), toxicity=0.5)


def met(spec, count=1000, seed="seed"):
    return [chosen.meets(spec, "127.0.0.1", f"{seed}/{number}") for number in range(count)]


def test_toxicity_is_the_share_of_connections(half):
    hit = met(half)

    assert 430 < sum(hit) < 570


def test_toxicity_falls_the_same_way_for_the_same_seed_only(half):
    once, again, other = met(half), met(half), met(half, seed="other")

    assert once == again
    assert once != other


def test_toxicity_falls_another_way_for_each_toxic_and_direction(half):
    hit = met(half)

    assert hit != met(replace(half, name="other"))
    assert hit != met(replace(half, stream="downstream"))


def test_toxicity_that_grows_keeps_those_it_had(half):
    few, many = met(replace(half, toxicity=0.3)), met(replace(half, toxicity=0.6))

    assert sum(few) < sum(many)
    assert all(later for before, later in zip(few, many, strict=True) if before)


@pytest.mark.parametrize(("toxicity", "hit"), [(7, True), (1, True), (0, False), (-3, False)])
def test_toxicity_out_of_bounds_is_all_or_nothing(half, toxicity, hit):
    found = met(replace(half, toxicity=toxicity), 20)

    assert found == [hit] * 20


def test_sources_are_the_only_ones_when_there_are_some(toxic):
    spec = replace(toxic("noop"), sources=frozenset({"127.0.0.2"}))

    hit = [peer for peer in ("127.0.0.1", "127.0.0.2") if chosen.meets(spec, peer, "seed")]

    assert hit == ["127.0.0.2"]


def test_stages_are_kept_when_nothing_about_them_changed(pipe, toxic):
    late = toxic("latency", latency=1, jitter=0)
    pipe.open(late)
    before = pipe.link.stages

    pipe.settle(late, toxic("noop"), toxic("limit_data", bytes=5))

    assert pipe.link.stages[0] is before[0]
    assert len(pipe.link.stages) == 2


def test_stages_are_made_anew_when_their_type_changed(pipe, toxic):
    pipe.open(toxic("latency", "x", latency=1000, jitter=0))
    pipe.push(b"held")

    pipe.settle(toxic("timeout", "x", timeout=0))
    pipe.push(b"lost")

    assert pipe.data == b"held"
