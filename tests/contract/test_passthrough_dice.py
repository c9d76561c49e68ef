"""Whatever is done in whatever order, a folder that leads through us and a plain one stay the same."""

import os

from .same_folders import tree

NAMES = ("a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a")
STEPS = 1_500
OPEN_MAX = 6


class Player:
    """Does one step in one folder; what came of it can be compared."""

    def __init__(self, folder):
        self.folder = folder
        self.fds = []

    def do(self, step, name, other, number):
        """What the step returned, or its errno."""
        try:
            return getattr(self, step)(self.folder / name, self.folder / other, number)
        except OSError as problem:
            return f"errno {problem.errno}"

    def make(self, path, _, number):
        flags = os.O_CREAT | os.O_RDWR | (os.O_APPEND if number % 3 == 0 else 0)
        flags |= os.O_TRUNC if number % 5 == 0 else 0
        flags |= os.O_EXCL if number % 7 == 0 else 0
        fd = os.open(path, flags, 0o600 | number % 0o100)
        self.fds.append(fd)
        if len(self.fds) > OPEN_MAX:
            os.close(self.fds.pop(0))
        return os.fstat(fd).st_size

    def write(self, _, __, number):
        return os.write(self.fd(number), bytes([number % 256]) * (number % 9_000))

    def write_at(self, _, __, number):
        return os.pwrite(self.fd(number), b"w" * (number % 500), number * 7 % 20_000)

    def read_at(self, _, __, number):
        return os.pread(self.fd(number), number % 5_000, number * 3 % 20_000)

    def seek(self, _, __, number):
        return os.lseek(self.fd(number), number % 3_000, number % 3)

    def shorten(self, path, _, number):
        os.truncate(path, number % 15_000)
        return path.stat().st_size

    def shorten_open(self, _, __, number):
        os.ftruncate(self.fd(number), number % 15_000)
        return os.fstat(self.fd(number)).st_size

    def sync(self, _, __, number):
        return os.fsync(self.fd(number))

    def read_whole(self, path, _, __):
        return path.read_bytes()

    def remove(self, path, _, __):
        path.unlink()

    def make_folder(self, path, _, __):
        path.mkdir()

    def remove_folder(self, path, _, __):
        path.rmdir()

    def move(self, path, other, _):
        path.rename(other)

    def name_twice(self, path, other, _):
        os.link(path, other, follow_symlinks=False)

    def lead_to(self, path, other, _):
        path.symlink_to(other.name)

    def permit(self, path, _, number):
        path.chmod(0o600 | number % 0o1000)

    def list(self, path, _, __):
        return sorted(each.name for each in path.parent.iterdir())

    def look(self, path, _, __):
        seen = path.lstat()
        size = 0 if path.is_dir() else seen.st_size  # of folders it is the disk's own affair
        return seen.st_mode, seen.st_nlink, size, seen.st_uid

    def fd(self, number):
        return self.fds[number % len(self.fds)] if self.fds else 0x7FFF

    def close(self):
        for fd in self.fds:
            os.close(fd)


STEPS_KNOWN = sorted(
    name
    for name, what in vars(Player).items()
    if callable(what) and not name.startswith("_") and name not in ("do", "fd", "close")
)


def test_steps_drawn_by_dice_do_the_same_in_both_folders(both, dice):
    players = [Player(folder) for folder in both]
    done = 0
    try:
        for _ in range(STEPS):
            drawn = (
                dice.choice(STEPS_KNOWN),
                dice.choice(NAMES),
                dice.choice(NAMES),
                dice.randrange(100_000),
            )
            through, plain = (player.do(*drawn) for player in players)
            assert through == plain, drawn
            done += not str(plain).startswith("errno")
        through, plain = (tree(folder) for folder in both)
    finally:
        for player in players:
            player.close()

    assert through == plain
    assert done > STEPS / 4
