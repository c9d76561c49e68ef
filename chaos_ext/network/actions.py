"""Faults of the network, for the `method` of an experiment; each is a lease of `for_s` seconds."""

from chaos_ext.errors import BadArgument
from chaos_ext.lease import session
from chaos_ext.lease.session import Asked
from chaos_ext.network import shapes, values
from chaos_ext.network.shapes import SHAPES
from chaos_ext.network.values import Checked

__all__ = [
    "bandwidth",
    "cut",
    "dns",
    "flap",
    "latency",
    "limit",
    "loss",
    "partition",
    "reset",
    "slice",
    "slow_close",
]
_NOBODY: list = []  # a default that the host can show


def latency(  # noqa: PLR0917 - as many as its YAML has
    target: str,
    ms: int = 100,
    jitter_ms: int = 0,
    distribution: str = "uniform",
    stream: str = "downstream",
    only_from: str = "",
    for_s: float = 10.0,
) -> dict:
    """Delay what passes on its way to clients of *target* by *ms* milliseconds, give or take *jitter_ms*.

    *stream* is downstream (what the server sends), upstream or both; *distribution* of the
    jitter is uniform, normal or pareto. With *only_from* only connections of that node are hit.
    """
    check = Checked("latency")
    check.whole("ms", ms, least=1, most=values.MS_MAX)
    check.whole("jitter_ms", jitter_ms, least=0, most=ms)
    check.word("distribution", distribution, values.DISTRIBUTIONS)
    check.word("stream", stream, values.STREAMS)
    check.lasts(for_s, (ms + jitter_ms) * (2 if stream == "both" else 1) / 1e3)
    said = {"ms": ms, "jitter_ms": jitter_ms, "distribution": distribution, "stream": stream}
    return _inject("latency", target, for_s, only_from, **said)


def bandwidth(
    target: str,
    kb_per_s: int,
    stream: str = "downstream",
    only_from: str = "",
    for_s: float = 10.0,
) -> dict:
    """Let no connection to *target* have more than *kb_per_s* (of 1000 bytes) a direction.

    *stream* is downstream (what the server sends), upstream or both. Each connection has that
    much of its own. With *only_from* only connections of that node are hit.
    """
    check = Checked("bandwidth")
    check.whole("kb_per_s", kb_per_s, least=1, most=values.KB_PER_S_MAX)
    check.word("stream", stream, values.STREAMS)
    check.lasts(for_s, 1.0)
    return _inject("bandwidth", target, for_s, only_from, kb_per_s=kb_per_s, stream=stream)


def loss(target: str, percent: float = 10.0, only_from: str = "", for_s: float = 10.0) -> dict:
    """Lose *percent* of the packets from and to *target*; nothing is ever missing from a stream.

    Without root no packet can be dropped: then as many chunks wait for their retransmission.
    """
    Checked("loss").number("percent", percent, least=0, most=100, above=True)
    return _inject("loss", target, for_s, only_from, percent=percent)


def cut(target: str, silent: bool = False, for_s: float = 10.0) -> dict:
    """Refuse connections to *target* and close those there are; *silent*: let nothing pass."""
    if silent:
        Checked("cut").lasts(for_s, 0.3)
    return _inject("cut", target, for_s, silent=silent)


def reset(target: str, every_new: bool = False, after_ms: int = 0, for_s: float = 10.0) -> dict:
    """Reset all connections to *target* now; with *every_new* each later one, too.

    A new one is reset *after_ms* after its first data, for *for_s* seconds.
    """
    check = Checked("reset")
    check.whole("after_ms", after_ms, least=0, most=values.MS_MAX)
    if after_ms and not every_new:
        check.refuse("after_ms is about new connections; add every_new: true, or leave it out")
    check.lasts(for_s, after_ms / 1e3)
    return _inject("reset", target, for_s, every_new=every_new, after_ms=after_ms)


def slow_close(target: str, delay_ms: int = 1000, for_s: float = 10.0) -> dict:
    """Tell clients *delay_ms* late that *target* has closed their connection."""
    check = Checked("slow_close")
    check.whole("delay_ms", delay_ms, least=1, most=values.MS_MAX)
    check.lasts(for_s, delay_ms / 1e3)
    return _inject("slow_close", target, for_s, delay_ms=delay_ms)


def slice(  # noqa: A001 - the word that Toxiproxy has made known
    target: str,
    average_bytes: int = 64,
    variation_bytes: int = 0,
    delay_us: int = 1000,
    for_s: float = 10.0,
) -> dict:
    """Hand on what *target* sends in pieces of about *average_bytes*, *delay_us* apart."""
    check = Checked("slice")
    check.whole("average_bytes", average_bytes, least=1, most=values.PIECE_BYTES_MAX)
    check.whole("variation_bytes", variation_bytes, least=0, most=average_bytes)
    check.whole("delay_us", delay_us, least=0, most=values.MS_MAX)
    check.lasts(for_s, 16 * delay_us / 1e6)
    said = {"average_bytes": average_bytes, "variation_bytes": variation_bytes}
    return _inject("slice", target, for_s, **said, delay_us=delay_us)  # type: ignore[arg-type]


def limit(target: str, after_bytes: int, for_s: float = 10.0) -> dict:
    """Close each connection to *target* after *after_bytes* of what the server sends."""
    Checked("limit").whole("after_bytes", after_bytes, least=0, most=values.BYTES_MAX)
    return _inject("limit", target, for_s, after_bytes=after_bytes)


def partition(
    target: str = "",
    between: list = _NOBODY,
    shape: str = "isolate",
    one_way: bool = False,
    for_s: float = 10.0,
) -> dict:
    """Cut nodes off from each other: *target* from all others, or the groups of *between*.

    *between* is a list of names, or of lists of names; *shape* is isolate, halves, bridge or
    ring. With *one_way* the first is no longer heard, and hears the others.
    """
    check = Checked("partition")
    check.word("shape", shape, SHAPES)
    groups = check.groups(between)
    names = check.names(target, groups)
    if groups and shape != SHAPES[0]:
        check.refuse(f"{shape} is around a target; leave shape out, or say target, not between")
    try:
        shapes.possible(groups, shape, one_way)
    except BadArgument as error:
        check.refuse(str(error))
    said = {"groups": groups, "shape": shape, "one_way": one_way}
    return session.current("network.partition").inject(
        Asked(
            "chaos_ext.network.partition", names[0], for_s, settings=said, paths=("*", *names)
        )
    )


def flap(target: str, up_s: float = 1.0, down_s: float = 1.0, for_s: float = 10.0) -> dict:
    """Refuse connections to *target* for *down_s*, take them for *up_s*, again and again."""
    check = Checked("flap")
    for name, value in (("up_s", up_s), ("down_s", down_s)):
        check.number(name, value, least=values.UP_OR_DOWN_S_MIN, most=values.MS_MAX / 1e3)
    check.lasts(for_s, up_s + down_s)
    return _inject("flap", target, for_s, up_s=up_s, down_s=down_s)


def dns(
    target: str,
    how: str = "fail",
    delay_ms: int = 2000,
    answer: str = "127.0.0.1",
    for_s: float = 10.0,
) -> dict:
    """Have the name of *target* not found, found *delay_ms* late, or found as *answer*.

    *how* is fail, delay or wrong.
    """
    check = Checked("dns")
    check.word("how", how, values.DNS_WAYS)
    check.whole("delay_ms", delay_ms, least=1, most=values.MS_MAX)
    check.address("answer", answer)
    check.lasts(for_s, delay_ms / 1e3 if how == "delay" else 0.0)
    return _inject("dns", target, for_s, how=how, delay_ms=delay_ms, answer=answer)


def _inject(fault: str, target: str, for_s: float, only_from: str = "", **said: object) -> dict:
    if only_from:
        if only_from == target:
            Checked(fault).refuse("only_from is the target itself; name who connects to it")
        said["only_from"] = only_from
    paths = (target, only_from) if only_from else (target,)
    return session.current(f"network.{fault}").inject(
        Asked(f"chaos_ext.network.{fault}", target, for_s, settings=said, paths=paths)
    )
