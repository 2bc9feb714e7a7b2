"""How many requests a node answered, by method and status: two counters, read by `metrics`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

#: What a label may be: an invented method must not make a new time series.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "COPY"})


class Traffic:
    """Stands before an application and counts."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]

        def counted(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            with self._lock:
                self._counts[method if method in METHODS else "other", status[:3]] += 1
            return start_response(status, headers, *more)

        return self._application(environ, counted)

    def counts(self) -> dict[tuple[str, str], int]:
        """(method, status) → answers since the start."""
        with self._lock:
            return dict(self._counts)
