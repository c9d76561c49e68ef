"""The operations of the load neither retry nor cling to a dead primary."""

import pytest
from redis import exceptions

from chaos_ext.history import rows
from chaos_ext.redis import load
from chaos_ext.redis.primary import NoPrimary

WRITE, READ = 0, 1  # sequence numbers of either kind


class FakeWire:
    """A connection that answers from a shared store, or fails as it is told to."""

    def __init__(self, net):
        self.net, self.open = net, False

    def connect(self):
        self.net.connects += 1
        if self.net.connect_error:
            raise self.net.connect_error
        self.open = True

    def disconnect(self):
        self.open = False

    def can_read(self):
        if self.net.closed_by_peer:
            raise exceptions.ConnectionError("Connection closed by server.")
        return False

    def send_command(self, *words):
        self.net.commands.append(words)

    def read_response(self, *, timeout):
        if self.net.error:
            raise self.net.error
        word, key, *rest = self.net.commands[-1]
        if word == "SET":
            self.net.store[key] = rest[0].encode()
            return b"OK"
        return self.net.store.get(key)


class FakeNet:
    def __init__(self, patch):
        self.connects, self.commands, self.store, self.wires = 0, [], {}, []
        self.connect_error = self.error = None
        self.closed_by_peer = False
        patch.setattr(load, "new_wire", self.wire)

    def wire(self, _host, _port, timeout_s):
        assert 0 < timeout_s <= 2
        self.wires.append(FakeWire(self))
        return self.wires[-1]


@pytest.fixture
def net(monkeypatch):
    return FakeNet(monkeypatch)


@pytest.fixture
def operations(net):
    return load.operations({"primary": ["127.0.0.1", 1]}, "run1", 2)


def refused():
    error = exceptions.ConnectionError("Error 111 connecting")
    error.__context__ = ConnectionRefusedError(111, "Connection refused")
    return error


def test_load_writes_its_own_keys_that_expire(net, operations):
    error = operations.perform(WRITE, 2)

    assert error == ""
    assert operations.kind(WRITE) == rows.WRITE
    key = "chaos_ext:run1:load:0"
    assert net.commands == [("SET", key, key, "EX", 600)]


def test_load_reads_what_it_wrote_last(net, operations):
    operations.perform(4, 2)

    error = operations.perform(READ, 2)

    assert error == ""
    assert operations.kind(READ) == rows.READ
    assert net.commands[-1] == ("GET", "chaos_ext:run1:load:4")


def test_load_says_wrong_value_when_a_read_answers_what_nobody_wrote(net, operations):
    operations.perform(4, 2)
    net.store["chaos_ext:run1:load:4"] = b"another"

    error = operations.perform(READ, 2)

    assert error == "wrong value"


def test_load_uses_one_connection_when_operations_follow_each_other(net, operations):
    for seq in range(10):
        operations.perform(seq, 2)

    assert net.connects == 1


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        (exceptions.TimeoutError("Timeout reading"), "timeout"),
        (exceptions.ConnectionError("closed"), "lost"),
        (exceptions.ReadOnlyError("READONLY"), "readonly"),
        (exceptions.BusyLoadingError("LOADING"), "error"),
    ],
)
def test_load_tries_once_and_connects_anew_when_a_connection_fails(
    net, operations, failure, name
):
    operations.perform(WRITE, 2)
    net.error = failure

    error = operations.perform(2, 2)

    assert error == name
    assert len(net.commands) == 2
    assert not net.wires[0].open
    net.error = None
    assert operations.perform(4, 2) == ""
    assert net.connects == 2


def test_load_keeps_the_connection_when_the_server_answers_with_an_error(net, operations):
    net.error = exceptions.ResponseError("OOM command not allowed")

    error = operations.perform(WRITE, 2)

    assert error == "error"
    net.error = None
    operations.perform(2, 2)
    assert net.connects == 1


def test_load_replaces_an_idle_connection_when_the_server_closed_it(net, operations):
    operations.perform(WRITE, 2)
    net.closed_by_peer = True

    error = operations.perform(2, 2)

    assert error == ""
    assert net.connects == 2


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        (refused(), "refused"),
        (exceptions.TimeoutError("Timeout connecting"), "timeout"),
        (exceptions.AuthenticationError("WRONGPASS"), "error"),
    ],
)
def test_load_says_why_when_it_cannot_connect(net, operations, failure, name):
    net.connect_error = failure

    error = operations.perform(WRITE, 2)

    assert error == name
    assert net.commands == []


def test_load_says_no_primary_when_nobody_names_one(net, operations, monkeypatch):
    def nobody(_left_s):
        raise NoPrimary

    monkeypatch.setattr(operations._lookup, "primary", nobody)

    error = operations.perform(WRITE, 2)

    assert error == "no primary"


def test_idle_drops_all_of_a_generation_when_one_of_it_fails(net):
    idle, wires = load.Idle(), [FakeWire(net) for _ in range(3)]
    _, generation = idle.take()
    for wire in wires:
        wire.open = True
        idle.give_back(wire, generation)

    idle.drop(generation)

    assert not any(wire.open for wire in wires)
    assert idle.take() == (None, generation + 1)


def test_idle_keeps_newer_connections_when_an_old_one_fails_late(net):
    idle, fresh = load.Idle(), FakeWire(net)
    _, old = idle.take()
    idle.drop(old)
    _, new = idle.take()
    fresh.open = True
    idle.give_back(fresh, new)

    idle.drop(old)

    assert idle.take() == (fresh, new)
    assert fresh.open


def test_idle_hands_out_the_connection_that_came_back_last(net):
    idle, first, last = load.Idle(), FakeWire(net), FakeWire(net)
    _, generation = idle.take()
    idle.give_back(first, generation)
    idle.give_back(last, generation)

    taken, _ = idle.take()

    assert taken is last
