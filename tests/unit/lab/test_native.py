"""What the ledger says of labs, and who may have one."""

from pathlib import Path

import pytest

from chaos_ext.errors import LabInUse
from chaos_ext.lab import native
from chaos_ext.lab.model import Lab, Node
from chaos_ext.lease.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def lab(name, owner="standing", **settings):
    node = Node("redis-1", "data", ("127.64.1.1", 1), ("127.64.1.1", 1))
    return Lab(name, "redis", owner, Path("nowhere"), "server", (node,), settings)


def put(ledger, made, *, subnet=1, state="up"):
    row = (made.id, made.system, made.owner, "nowhere", subnet, state, made.plan(), "", "")
    ledger.change("insert into labs values (?,?,?,?,?,?,?,?,?)", *row)
    return made


def test_standing_finds_the_lab_that_is_up(ledger):
    put(ledger, lab("down"), state="down")
    put(ledger, lab("of-a-run", "run"), subnet=2)
    up = put(ledger, lab("up"), subnet=3)

    assert native.standing(ledger, "redis") == up
    assert native.standing(ledger, "other") is None


def test_claim_gives_a_lab_to_one_run(ledger):
    up = put(ledger, lab("up"))
    native.claim(ledger, up, "first")
    native.claim(ledger, up, "first")

    with pytest.raises(LabInUse, match="lab up is in use by run first; wait for it"):
        native.claim(ledger, up, "second")


@pytest.mark.parametrize(
    ("wanted", "same"), [({"a": 1, "b": 2}, True), ({"b": 2, "a": 1}, True), ({"a": 1}, False)]
)
def test_same_settings_compares_every_setting(wanted, same):
    assert native.same_settings(lab("up", a=1, b=2), wanted) is same


def test_all_labs_shows_a_server_that_does_not_run_as_dead(ledger):
    put(ledger, lab("up"))

    (shown,) = native.all_labs(ledger)

    assert shown["lab"] == "up"
    assert shown["nodes"] == [
        {"node": "redis-1", "address": "127.64.1.1:1", "pid": 0, "state": "dead"}
    ]


def test_log_tail_is_empty_when_there_is_no_log():
    assert native.log_tail(lab("up"), "redis-1", 5) == []
