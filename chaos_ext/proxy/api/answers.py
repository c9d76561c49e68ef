"""What is asked of the API and what it answers, as values that know nothing of sockets."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_ext.proxy.api import gowrite

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
_NOSNIFF = ("X-Content-Type-Options", "nosniff")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read to its end."""

    method: str
    target: str  # as it was sent, one character a byte
    agent: str = ""
    body: bytes = b""
    ending: str = ""  # what Go's reader says where the body breaks off; empty when it is whole


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; the server adds the date and the length."""

    status: int
    body: bytes = b""
    type: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Failed(Exception):  # noqa: N818 - it is the answer, not an accident
    """A request that is answered with an error in the shape of Toxiproxy's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


EMPTY = Answer(204)


def as_json(value: object, status: int = 200) -> Answer:
    """*value* as Toxiproxy sends it."""
    return Answer(status, gowrite.dumps(value).encode(), JSON)


def refusal(status: int, text: str) -> Answer:
    """An error as Toxiproxy sends it: JSON that says it is text."""
    return plain(status, gowrite.dumps({"error": text, "status": status}))


def plain(status: int, text: str) -> Answer:
    """An answer for people, with the headers that Go gives it."""
    return Answer(status, f"{text}\n".encode(), TEXT, (_NOSNIFF,))
