"""Keys are on disk before they are deleted, and come back in whatever state healing finds the world."""

import pytest

from chaos_ext.data import systems
from chaos_ext.data.delete_keys import TRIES_MAX, DeleteKeys
from chaos_ext.errors import BadArgument, FaultDidNotLand, NotAllowed, TargetUnreachable
from chaos_ext.lease import state
from chaos_ext.redis.keys import Taken


class Store:
    """A system whose keys are a dictionary."""

    Taken = Taken

    def __init__(self):
        self.values = {b"a:1": b"one", b"a:2": b"two", b"b:1": b"other"}
        self.busy = self.away = False
        self.place = None

    def Keys(self, address, *, follow):  # noqa: N802 - as the real one
        if self.away:
            raise TargetUnreachable("it is down")
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def matching(self, match, most):
        return [key for key in self.values if key.startswith(match[:-1].encode())][: most + 1]

    def read(self, keys):
        return [Taken(key, self.values[key], -1, "digest") for key in keys]

    def delete(self, taken):
        assert self.place.exists(), "they must be on disk before"
        if self.busy:
            return None
        for each in taken:
            del self.values[each.key]
        return len(taken)

    def there(self, keys):
        return sum(key in self.values for key in keys)

    def put_back(self, taken, gone_ms):
        for each in taken:
            self.values.setdefault(each.key, each.dump)


class Target:
    name, node, lease_id = "redis-primary", "redis-1", "0a1b2c3d"


@pytest.fixture
def store(monkeypatch):
    made = Store()
    monkeypatch.setattr(systems, "of", lambda system, part: made)
    made.place = state.state_folder() / "kept-0a1b2c3d.json"
    return made


@pytest.fixture
def fault(store):
    return anew()


def anew(**settings):
    paths = {
        "redis-primary": {
            "system": "paper",
            "bind": ["127.0.0.1", 1],
            "folder": "",
            "owner": "attached",
        }
    }
    return DeleteKeys(Target(), paths=paths, **{"match": "a:*", **settings})


def test_keys_are_gone_and_come_back(fault, store, tmp_path):
    before = dict(store.values)
    assert fault.look() == {"keys": 2, "kept": str(store.place)}

    fault.inject()

    assert fault.landed() == {"deleted": 2, "written_again": 0}
    assert set(store.values) == {b"b:1"}
    assert store.place.stat().st_mode & 0o777 == 0o600
    anew().heal()
    assert anew().healed()
    assert store.values == before
    assert not store.place.exists()


def test_fault_healed_twice_is_healed_once(fault, store, tmp_path):
    fault.inject()

    for _ in range(2):
        fault.heal()
        assert fault.healed()

    assert len(store.values) == 3


def test_fault_that_nobody_injected_is_healed(fault, store, tmp_path):
    fault.heal()

    assert fault.healed()


def test_keys_wait_on_disk_until_the_server_is_back(fault, store, tmp_path):
    fault.inject()
    store.away = True
    fault.heal()
    assert not fault.healed()
    assert store.place.exists()

    store.away = False

    assert fault.healed()
    assert len(store.values) == 3


def test_keys_that_are_written_all_the_time_are_not_deleted(fault, store, tmp_path):
    store.busy = True

    with pytest.raises(FaultDidNotLand, match=f"changed each of {TRIES_MAX} times"):
        fault.inject()

    assert fault.landed() is None
    assert fault.healed()
    assert len(store.values) == 3


def test_too_many_and_none_are_refused(store, tmp_path):
    with pytest.raises(NotAllowed, match="more than 1 keys of redis-1 match"):
        anew(count_max=1).look()
    with pytest.raises(BadArgument, match=r"no key of redis-1 matches 'c:\*'"):
        anew(match="c:*").look()


def test_keys_that_hold_too_much_are_refused(fault, store, tmp_path, monkeypatch):
    monkeypatch.setattr("chaos_ext.data.delete_keys.BYTES_MAX", 5)

    with pytest.raises(NotAllowed, match="narrow the pattern"):
        fault.inject()

    assert len(store.values) == 3
