"""Questions about a server's data, for a hypothesis or a method; its own tools are asked."""

from chaos_ext.data import systems, words
from chaos_ext.lease import session

__all__ = ["examined", "intact"]


def intact(target: str, what: str = "append_only") -> bool:
    """Tell whether the data of *target* is intact, by the tools of its own system.

    A file that is being written to may be seen without its end.
    """
    whole, _ = _examined("intact", target, what)
    return bool(whole)


def examined(target: str, what: str = "append_only") -> dict:
    """Tell whether the data of *target* is `intact`, and what the tools of its system `said`."""
    whole, said = _examined("examined", target, what)
    return {"intact": whole, "said": said}


def _examined(probe: str, target: str, what: str) -> tuple:
    path = session.current(f"data.{probe}").path(target)
    words.refuse_foreign(probe, path)
    return systems.files(path["system"]).examine(path, what)
