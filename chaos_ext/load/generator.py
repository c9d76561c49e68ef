"""The load process: `python -m chaos_ext.load.generator CONFIG.json`.

It ties itself to the runner's life before anything else, and lets Locust patch the process
before anything that uses sockets is imported. It says and hears (JSON lines, words):

    stdout: {"ready": true}            it can reach the target
    stdin:  go        stdout: {"started": true, "t0_ns": n}
    stdin:  stop      stdout: {"stopped": true, "planned": n, "sent": n, "ok": n, ...}
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from chaos_ext import world


def main() -> int:
    """Run the load that the file named on the command line describes."""
    config = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    world.die_with_parent(config["parent"])
    # Every row is with the kernel already, so the kernel may end us at once. A terminal's
    # interrupt goes to the whole group: the runner decides what it means.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.pop("LOCUST_SKIP_MONKEY_PATCH", None)
    import locust  # noqa: F401, PLC0415 - patches sockets, so it comes before all that opens one

    from chaos_ext.load import session  # noqa: PLC0415

    session.live(config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
