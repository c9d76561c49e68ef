"""Delete keys from a running server: an eviction, a wrong script, a cache that was flushed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from chaos_ext import world
from chaos_ext.data import systems
from chaos_ext.errors import BadArgument, FaultDidNotLand, NotAllowed, TargetUnreachable
from chaos_ext.evidence import files
from chaos_ext.lease import state

TRIES_MAX = (
    5  # somebody who writes one of the keys all the time keeps us from taking them all at once
)
BYTES_MAX = 64_000_000  # is kept in one file, and read at once


class Keyed(Protocol):
    """A server that keeps keys, wherever it is."""

    name: str
    node: str
    lease_id: str


@dataclass(slots=True, kw_only=True)
class DeleteKeys:
    """The keys of *target* that *match* are gone; healing puts back those that nobody wrote since."""

    target: Keyed = field(kw_only=False)
    paths: dict[str, Any]
    match: str
    count_max: int = 100
    before: dict[str, Any] | None = None
    _deleted: int = field(default=0, init=False)
    name: ClassVar[str] = "delete_keys"
    colour: ClassVar[str] = "#e5c07b"
    momentary: ClassVar[bool] = False
    survives_a_boot: ClassVar[bool] = True  # on a server of the user's own

    def look(self) -> dict[str, Any]:
        """How many there are, and where they will be kept; refuse none, and too many."""
        with self._keys() as keys:
            count = len(self._matching(keys))
        return {"keys": count, "kept": str(self._place)}

    def inject(self) -> None:
        """Keep them on disk, then delete them, all at once; a key that changed meanwhile is kept anew."""
        with self._keys() as keys:
            for _ in range(TRIES_MAX):
                taken = keys.read(self._matching(keys))
                self._keep(taken)
                deleted = keys.delete(taken)
                if deleted is not None:
                    self._deleted = deleted
                    return
        raise FaultDidNotLand(
            f"data.delete_keys: one of the {len(taken)} keys changed each of {TRIES_MAX} times that "
            "they were about to be deleted; choose keys that are not written all the time"
        )

    def landed(self) -> dict[str, Any] | None:
        """How many the server has deleted, and how many of them somebody has written again."""
        if not self._deleted:
            return None
        told = {"deleted": self._deleted}
        with suppress(TargetUnreachable), self._keys(follow=True) as keys:
            told["written_again"] = keys.there([key for key, *_ in self._kept()])
        return told

    def heal(self) -> None:
        """Put them back; whoever cannot be reached now is tried again by `healed`."""
        with suppress(TargetUnreachable):
            self._put_back()

    def healed(self) -> bool:
        """Every one is there, or its time is over: what was kept is needed no more."""
        with suppress(TargetUnreachable):
            self._put_back()
            self._place.unlink(missing_ok=True)
            return True
        return False

    # -- its own ----------------------------------------------------------------------

    def _keys(self, *, follow: bool = False) -> Any:
        path = self.paths[self.target.name]
        return systems.of(path["system"], "keys").Keys(path["bind"], follow=follow)

    def _matching(self, keys: Any) -> list[bytes]:
        found: list[bytes] = keys.matching(self.match, self.count_max)
        if not found:
            raise BadArgument(
                f"data.delete_keys: no key of {self.target.node} matches {self.match!r}"
            )
        if len(found) > self.count_max:
            raise NotAllowed(
                f"data.delete_keys: more than {self.count_max} keys of {self.target.node} match "
                f"{self.match!r}; narrow the pattern, or raise count_max"
            )
        return found

    @property
    def _place(self) -> Path:
        """Beside the data of a lab, with which it goes; with our own state where the server is another's."""
        path = self.paths[self.target.name]
        ours = path["folder"] and path["owner"] != "attached"
        folder = Path(path["folder"]).parent if ours else state.state_folder()
        return folder / f"kept-{self.target.lease_id}.json"

    def _keep(self, taken: list[Any]) -> None:
        size = sum(len(each.dump) for each in taken)
        if size > BYTES_MAX:
            raise NotAllowed(
                f"data.delete_keys: the keys hold {size / 1e6:.0f} MB, more than the "
                f"{BYTES_MAX / 1e6:.0f} MB that are kept; narrow the pattern"
            )
        listed = [
            [
                b64encode(each.key).decode(),
                b64encode(each.dump).decode(),
                each.ttl_ms,
                each.digest,
            ]
            for each in taken
        ]
        files.write_json(self._place, {"at_ns": world.boottime_ns(), "keys": listed})
        self._place.chmod(0o600)

    def _kept(self) -> list[tuple[bytes, bytes, int, str]]:
        if not self._place.exists():
            return []
        listed = files.read_json(self._place)["keys"]
        return [
            (b64decode(key), b64decode(dump), ttl, digest) for key, dump, ttl, digest in listed
        ]

    def _put_back(self) -> None:
        if not self._place.exists():  # nothing was deleted, or all is back already
            return
        at_ns = files.read_json(self._place)["at_ns"]
        gone_ms = (world.boottime_ns() - at_ns) // 1_000_000
        system = systems.of(self.paths[self.target.name]["system"], "keys")
        with self._keys(follow=True) as keys:
            keys.put_back([system.Taken(*each) for each in self._kept()], gone_ms)


FAULT = DeleteKeys
