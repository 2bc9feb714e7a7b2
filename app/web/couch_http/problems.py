"""Errors that only HTTP has; those of documents are in ``app.docs.errors``."""

from __future__ import annotations

from app.docs.errors import DocsError


class HTTPProblem(DocsError):
    """An error with headers of its own."""

    headers: tuple[tuple[str, str], ...] = ()


class MethodNotAllowed(HTTPProblem):
    """405; `allowed` as CouchDB lists it: ``"GET,HEAD,POST"``."""

    status = 405
    error = "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"Only {allowed} allowed")
        self.headers = (("Allow", allowed),)


class TooLarge(HTTPProblem):
    """413 for a request's body; the connection is closed, since the rest of the body is still on its way."""

    status = 413
    error = "too_large"
    headers = (("Connection", "close"),)

    def __init__(self) -> None:
        super().__init__("the request entity is too large")


class UriTooLong(HTTPProblem):
    status = 414
    error = "too_long"

    def __init__(self) -> None:
        super().__init__("the request uri is too long")


class RangeNotSatisfiable(HTTPProblem):
    status = 416
    error = "requested_range_not_satisfiable"

    def __init__(self) -> None:
        super().__init__("Requested range not satisfiable")


class ServiceUnavailable(HTTPProblem):
    """503 with ``Retry-After`` in seconds."""

    status = 503
    error = "service unavailable"

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.headers = (("Retry-After", str(retry_after)),)
