"""Who is primary and who is replica, asked of the sentinels and checked with the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.errors import TargetUnreachable, UnknownTarget
from chaos_ext.redis import client

if TYPE_CHECKING:
    from chaos_ext.lab.model import Address, Lab, Node

SERVICE = "chaos"


def resolve(lab: Lab, target: str) -> Node:
    """The node that *target* is at this moment: itself, the primary, or a replica."""
    node = lab.node(target)
    if node:
        return node
    if target == "redis-primary":
        return primary(lab)
    if target == "redis-replica":
        first = primary(lab)
        return next(node for node in lab.of_part("data") if node != first)
    names = ", ".join(["redis-primary", "redis-replica", *(node.name for node in lab.nodes)])
    raise UnknownTarget(f"{target} is not a target of the redis lab (known: {names})")


def primary(lab: Lab) -> Node:
    """The primary that the sentinels name; without sentinels, the one that says it is."""
    sentinels = lab.of_part("sentinel")
    problems = []
    for sentinel in sentinels:
        try:
            return _by_address(lab, named_primary(lab, sentinel.bind))
        except TargetUnreachable as error:
            problems.append(str(error))
    for node in lab.of_part("data") if not sentinels else ():
        if client.info(node.bind, "replication")["role"] == "master":
            return node
    raise TargetUnreachable(f"nobody can name the primary: {'; '.join(problems)}")


def service(lab: Lab) -> str:
    """The name that the sentinels know the primary by."""
    return str(lab.settings.get("service", SERVICE))


def named_primary(lab: Lab, sentinel: Address) -> Address:
    """The address that one sentinel hands out."""
    found = client.command(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", service(lab))
    if not found:
        raise TargetUnreachable(f"{sentinel[0]}:{sentinel[1]} knows no primary")
    return str(found[0]), int(found[1])


def replicas_online(address: Address) -> int:
    """How many replicas the server at *address* has online; -1 when it is not a primary."""
    found = client.info(address, "replication")
    if found["role"] != "master":
        return -1
    return sum(
        1
        for name, value in found.items()
        if name.startswith("slave") and isinstance(value, dict) and value["state"] == "online"
    )


def disagreement(lab: Lab) -> str:
    """Why a failover would not be possible now; empty when all sentinels are at one."""
    sentinels = lab.of_part("sentinel")
    data = lab.of_part("data")
    named = {named_primary(lab, node.bind) for node in sentinels}
    if len(named) > 1:
        return f"the sentinels name different primaries: {sorted(named)}"
    for sentinel in sentinels:
        problem = _sentinel_problem(lab, sentinel, len(sentinels) - 1, len(data) - 1)
        if problem:
            return f"{sentinel.name}: {problem}"
    return ""


def _sentinel_problem(lab: Lab, sentinel: Node, others: int, replicas: int) -> str:
    state = _master_state(lab, sentinel)
    if int(state["num-other-sentinels"]) != others:
        return f"knows {state['num-other-sentinels']} of {others} other sentinels"
    if int(state["num-slaves"]) < replicas:
        return f"knows {state['num-slaves']} of {replicas} replicas"
    if state["flags"] != "master":
        return f"sees the primary as {state['flags']}"
    told = client.command(sentinel.bind, "SENTINEL", "CKQUORUM", service(lab))
    return "" if str(told).startswith("OK") else f"quorum: {told}"


def _master_state(lab: Lab, sentinel: Node) -> dict[str, Any]:
    found = client.command(sentinel.bind, "SENTINEL", "MASTER", service(lab))
    return (
        dict(found)
        if isinstance(found, dict)
        else dict(zip(found[::2], found[1::2], strict=True))
    )


def _by_address(lab: Lab, address: Address) -> Node:
    for node in lab.nodes:
        if node.service == address:
            return node
    host, port = address
    raise TargetUnreachable(f"the sentinels name {host}:{port}, which is no node of {lab.id}")
