"""The HTTP API of a proxy server, ours or a Toxiproxy: limits on every wait, every status looked at."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.lease import sockets

if TYPE_CHECKING:
    import httpx

CONNECT_S_MAX = 0.5
ANSWER_S_MAX = 1.0
_MISSING = 404


class Server:
    """One proxy server; as many as are needed may live in one process."""

    def __init__(self, url: str) -> None:
        """*url* is where its API is, such as http://127.0.0.1:8474."""
        self.url = url.rstrip("/")
        self._http = _client(self.url)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request; its answer, None when there is none in it.

        BadArgument when the server refuses, TargetUnreachable when it cannot.
        """
        return self._checked(self._send(method, path, body))

    def find(self, method: str, path: str) -> Any:
        """As `ask`, and None when the server knows nothing at that path."""
        answer = self._send(method, path)
        return None if answer.status_code == _MISSING else self._checked(answer)

    def is_ours(self) -> bool:
        """Whether it has more than Toxiproxy has."""
        return self.find("GET", "/chaos/version") is not None

    def listens(self) -> bool:
        """Whether anybody is at its address at all."""
        place = urlsplit(self.url)
        return sockets.accepts(place.hostname or "", place.port or 80)

    def _send(self, method: str, path: str, body: object = None) -> httpx.Response:
        import httpx  # noqa: PLC0415 - a driver is imported on use

        try:
            return self._http.request(method, path, json=body)
        except httpx.TimeoutException as error:
            limits = f"{CONNECT_S_MAX} s to connect, {ANSWER_S_MAX} s to answer"
            raise TargetUnreachable(
                f"{self.url}: {method} {path} took longer than allowed ({limits}); "
                "is the proxy stuck?"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TargetUnreachable(
                f"{self.url}: {method} {path}: {error}; is the proxy running?"
            ) from error

    def _checked(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        asked = f"{self.url}: {answer.request.method} {answer.request.url.path}"
        said = f"{asked} was answered {answer.status_code}: {_reason(answer)}"
        raise (BadArgument if answer.is_client_error else TargetUnreachable)(said)


def _reason(answer: httpx.Response) -> str:
    """What the server says of it, in one line."""
    try:
        text = str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        text = answer.text
    return " ".join(text.split()) or "no reason given"


@cache
def _client(url: str) -> httpx.Client:
    """One a server and process: making it costs more than a hundred requests."""
    import httpx  # noqa: PLC0415 - a driver is imported on use

    return httpx.Client(
        base_url=url,
        timeout=httpx.Timeout(ANSWER_S_MAX, connect=CONNECT_S_MAX),
        # a connection that is kept would outlive the server it leads to
        limits=httpx.Limits(max_keepalive_connections=0),
        trust_env=False,  # a proxy of the environment is not on the way to a local address
        verify=url.startswith("https:"),  # reading the certificates takes 60 ms
    )


def segment(name: str) -> str:
    """*name* as one segment of a path."""
    return quote(name, safe="")
