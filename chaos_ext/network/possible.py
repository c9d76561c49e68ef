"""What network faults this machine permits, and by which means: for `chaos doctor`."""

from __future__ import annotations

from importlib import util

from chaos_ext.lab.doctor import Finding
from chaos_ext.network import nft

_AS_ROOT = "as root (CAP_NET_ADMIN) packets are dropped by the kernel"
_PROXY = ("uvloop", "httpx")  # what the proxy and its client are made of
_RESOLVER = "dns"


def checks() -> list[Finding]:
    """One finding a kind of fault whose means depend on the machine."""
    packets, proxy, resolver = nft.possible(), _missing(*_PROXY), _missing(*_PROXY, _RESOLVER)
    return [
        _either("partitions between nodes", packets, proxy, "their links fall silent"),
        _either("loss of packets", packets, proxy, "chunks wait as if they were sent again"),
        Finding(
            "names that fail (dns)",
            works=not resolver,
            found=resolver or "by the resolver of a proxied lab",
            remedy="install chaos_ext with its dependencies",
        ),
    ]


def _either(name: str, packets: str, proxy: str, without: str) -> Finding:
    if not packets:
        found = "by nftables: packets are dropped, for as long as their holder lives"
        return Finding(name, works=True, found=found)
    if proxy:
        remedy = f"{_AS_ROOT}; or install chaos_ext with its dependencies"
        return Finding(name, works=False, found=f"{packets}; {proxy}", remedy=remedy)
    found = f"at proxies, where {without} (nftables: {packets})"
    return Finding(name, works=True, found=found, remedy=_AS_ROOT)


def _missing(*modules: str) -> str:
    """Which of *modules* are not installed, in words; empty when all are."""
    missing = [each for each in modules if util.find_spec(each) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""
