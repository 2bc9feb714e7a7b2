"""What stands before a node: a trusted proxy, whose word counts for who asks and how, and HTTPS, which stays.

Without `proxies` in `node.toml` nobody's ``X-Forwarded-…`` is believed: whoever sends one would choose the address that
wrong passwords are counted for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

#: A year, as browsers' own lists want it. Only said over HTTPS.
HSTS: Final = "max-age=31536000"
_SAID: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_SSL")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_local(environ: Mapping[str, Any]) -> bool:
    """Whether a request comes from this machine."""
    address = environ.get("REMOTE_ADDR") or "127.0.0.1"
    return address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1")


class Behind:
    """A WSGI application as the client sees it, whatever stands between."""

    def __init__(self, application: Callable[..., Iterable[bytes]], proxies: Iterable[str] = ()) -> None:
        self._application = application
        self._proxies: tuple[Network, ...] = tuple(ipaddress.ip_network(one, strict=False) for one in proxies)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if any(name in environ for name in _SAID):
            self._believe(environ)
        if environ.get("wsgi.url_scheme") != "https":
            return self._application(environ, start_response)

        def secured(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Strict-Transport-Security", HSTS)], *more)

        return self._application(environ, secured)

    def _believe(self, environ: dict[str, Any]) -> None:
        """Takes a trusted proxy's word, and takes away everybody else's."""
        said = {name: environ.pop(name) for name in _SAID if name in environ}
        if not self._trusts(environ.get("REMOTE_ADDR", "")):
            return
        # The last address that none of ours has written: what stands before it a client may have invented.
        for address in reversed(
            [one.strip() for one in said.get("HTTP_X_FORWARDED_FOR", "").split(",") if one.strip()]
        ):
            environ["REMOTE_ADDR"] = address
            if not self._trusts(address):
                break
        if said.get("HTTP_X_FORWARDED_PROTO") == "https" or said.get("HTTP_X_FORWARDED_SSL") == "on":
            environ["wsgi.url_scheme"] = "https"
        if host := said.get("HTTP_X_FORWARDED_HOST"):
            environ["HTTP_HOST"] = host.partition(",")[0].strip()

    def _trusts(self, address: str) -> bool:
        try:
            at = ipaddress.ip_address(address)
        except ValueError:
            return False
        at = getattr(at, "ipv4_mapped", None) or at
        return any(at in network for network in self._proxies if network.version == at.version)
