"""The size of a load is what decides whether it can see an outage."""

import pytest

from chaos_ext.load.plan import plan_users

PLENTY = 1_000_000


def test_plan_covers_every_arrival_that_can_wait_when_there_is_room():
    planned = plan_users(300, 2, PLENTY, PLENTY)

    assert planned == (600, 600, "")


@pytest.mark.parametrize(("rate_per_s", "deadline_s"), [(1, 1), (0.5, 2), (10, 1.9)])
def test_plan_keeps_a_minimum_when_the_load_is_small(rate_per_s, deadline_s):
    planned = plan_users(rate_per_s, deadline_s, PLENTY, PLENTY)

    assert planned == (20, 20, "")


def test_plan_rounds_up_when_rate_times_deadline_is_not_whole():
    planned = plan_users(33.3, 1, PLENTY, PLENTY)

    assert planned.users == 34


def test_plan_leaves_a_fifth_of_the_connections_free_when_the_server_is_small():
    planned = plan_users(300, 2, 100, PLENTY)

    assert planned[:2] == (80, 600)
    assert "100 connections" in planned.reason_of_cap


def test_plan_leaves_descriptors_to_the_process_when_few_files_may_be_open():
    planned = plan_users(300, 2, PLENTY, 256)

    assert planned[:2] == (int((256 - 64) * 0.8), 600)
    assert "256 files" in planned.reason_of_cap


@pytest.mark.parametrize("free", [0, 1, -3])
def test_plan_keeps_one_user_and_says_why_when_nothing_is_free(free):
    planned = plan_users(300, 2, free, PLENTY)

    assert planned.users == 1
    assert planned.reason_of_cap
