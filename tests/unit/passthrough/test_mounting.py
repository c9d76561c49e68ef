"""What is mounted is told by the kernel's table, and what is not ours is nobody's of ours."""

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.lease.identity import Identity
from chaos_ext.passthrough import mounting
from chaos_ext.passthrough.mounting import Seen


def test_mount_of_ours_names_its_server():
    seen = Seen(mounting.KIND, "chaos_ext:123:4567")

    assert seen.server() == Identity(123, 4567, world.boot_id())


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("fuse.sshfs", "chaos_ext:123:4567"),
        (mounting.KIND, "somebody"),
        ("ext4", "/dev/vda"),
    ],
)
def test_mount_of_somebody_else_has_no_server_of_ours(kind, source):
    assert Seen(kind, source).server() is None


def test_plain_folder_has_nothing_over_it(tmp_path):
    assert mounting.top(tmp_path) is None
    assert not mounting.is_dead(tmp_path)
    mounting.clear(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(BadArgument, match="is no folder to serve"):
        mounting.opened(tmp_path / "file")
