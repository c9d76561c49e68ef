"""Names of a lab's targets, and which of them could turn out to be the same server."""

import pytest

from chaos_ext.environment.names import may_be_the_same, native_targets


def test_native_targets_follow_from_the_systems():
    targets = native_targets({"redis": {"replicas": 2, "sentinels": 3}})

    assert list(targets) == [
        *("redis-1", "redis-2", "redis-3", "redis-primary", "redis-replica"),
        *("sentinel-1", "sentinel-2", "sentinel-3"),
    ]
    assert {target.system for target in targets.values()} == {"redis"}
    assert {target.allow for target in targets.values()} == {None}


def test_native_targets_of_workers_are_all_alike():
    assert list(native_targets({"host": {"workers": 2}})) == ["host-1", "host-2"]


def test_native_targets_have_no_replica_when_there_is_none():
    assert list(native_targets({"redis": {"replicas": 0}})) == ["redis-1", "redis-primary"]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("redis-1", "redis-1", True),
        ("redis-1", "redis-primary", True),
        ("redis-replica", "redis-2", True),
        ("redis-1", "redis-2", False),
        ("redis-primary", "redis-replica", False),
        ("sentinel-1", "redis-primary", False),
        ("redis-cache-1", "redis-primary", False),
        ("redis", "redis-1", False),
    ],
)
def test_may_be_the_same_takes_a_role_for_any_node_of_its_group(first, second, same):
    assert may_be_the_same(first, second) is same
    assert may_be_the_same(second, first) is same
