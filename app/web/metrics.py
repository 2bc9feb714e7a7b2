"""A node's figures for Prometheus: `/metrics` of a terminal or head office, `/_node/_local/_prometheus` of a hub.

Names are Prometheus' way: units at the end, `_total` on what only grows, times as `_timestamp_seconds`. Labels name
machines, databases and states, never a person: a database that is none of the shop's (a hub may have one for each of
its users) is counted among `other`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

import app
from app.docs.errors import DocsError, StoreError
from app.node.report import read_time, seen
from app.web.traffic import Traffic

LINK_STATES = ("starting", "active", "idle", "resting", "waiting", "denied", "stopped")
OTHER = "other"
#: CouchDB's own names for what a hub serves as well, so that a chart made for CouchDB shows a hub too.
_METHODS = ("COPY", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")


def expose(node: Any, traffic: Traffic | None, accept: str = "") -> tuple[bytes, str]:
    """The figures of this moment, in the format that `accept` asks for: (text, content type)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(NodeFigures(node, traffic))
    ProcessCollector(registry=registry)
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class NodeFigures(Collector):
    """Reads everything anew at each scrape; no figure is kept."""

    def __init__(self, node: Any, traffic: Traffic | None) -> None:
        self._node = node
        self._traffic = traffic

    def collect(self) -> Iterator[Metric]:
        node = self._node
        look = node.health.look()
        yield _info("couchtill_node", "What this node is.", {**_of(look), "version": app.__version__})
        yield _one("couchtill_up", "Whether this node can do its work (1) or not (0).", int(look["status"] != "down"))
        started = read_time(node.started_at)
        if started is not None:
            name = "couchtill_start_time_seconds"
            yield _one(name, "When this node was started, Unix time.", started.timestamp())
        yield from _checks(look["checks"])
        yield from self._databases()
        yield from _links(node.sync_status()["links"])
        yield from _terminals(node)
        yield from self._served()

    def _databases(self) -> Iterator[Metric]:
        node = self._node
        documents = _family("couchtill_database_documents", "Documents, without deleted ones.", "database")
        deleted = _family("couchtill_database_deleted_documents", "Deleted documents.", "database")
        size = _family("couchtill_database_file_bytes", "Size of the file.", "database")
        conflicts = _family("couchtill_database_conflicts", "Documents in dispute.", "database")
        incidents = _family("couchtill_database_open_incidents", "Incidents that nobody has closed.", "database")
        tasks = _family("couchtill_database_open_tasks", "Tasks that nobody has closed.", "database")
        sums: dict[str, dict[str, int]] = {}
        for name in node.directory.names():
            try:
                database = node.directory.get(name)
                info, counts = database.info(), node.health.counts(database)
            except (DocsError, StoreError):
                continue  # deleted, or closed, in between
            told = sums.setdefault(_label(name), {})
            for key, value in (
                ("documents", info["doc_count"]),
                ("deleted", info["doc_del_count"]),
                ("size", info["sizes"]["file"]),
                *counts.items(),
            ):
                told[key] = told.get(key, 0) + value
        for family, key in (
            (documents, "documents"),
            (deleted, "deleted"),
            (size, "size"),
            (conflicts, "conflicts"),
            (incidents, "incidents"),
            (tasks, "tasks"),
        ):
            for name, told in sorted(sums.items()):
                if key in told:
                    family.add_metric([name], told[key])
            yield family

    def _served(self) -> Iterator[Metric]:
        feeds = getattr(self._node, "feeds", None)
        if feeds is not None:
            yield _one("couchtill_feeds_open", "Feeds that wait for news.", feeds.open)
            yield _one("couchtill_feeds_limit", "Feeds that may be open at once.", feeds.maximum)
        counts = {} if self._traffic is None else self._traffic.counts()
        served = CounterMetricFamily("couchtill_http_requests", "Answers since the start.", labels=("method", "status"))
        for (method, status), number in sorted(counts.items()):
            served.add_metric([method, status], number)
        yield served
        if self._node.kind == "hub":
            yield from _as_couchdb(counts, self._node, feeds)


def _checks(checks: Mapping[str, Any]) -> Iterator[Metric]:
    level = _family("couchtill_health_check", "Of each check of /health: 0 well, 1 to be looked at, 2 bad.", "check")
    for name, check in checks.items():
        level.add_metric([name], ("ok", "warn", "bad").index(check["level"]))
    yield level
    disk, central, backlog = checks["disk"], checks["central"], checks["backlog"]
    if disk["free"] is not None:
        yield _one("couchtill_disk_free_bytes", "Free room on the disk of the data directory.", disk["free"])
        yield _one("couchtill_disk_size_bytes", "Size of that disk.", disk["total"])
    yield _one("couchtill_writable", "Whether the last probe could write.", int(checks["databases"]["level"] == "ok"))
    yield _one("couchtill_unsent_documents", "Documents written here and not yet at the central.", backlog["unsent"])
    oldest = read_time(backlog["oldest"])
    if oldest is not None:
        name = "couchtill_oldest_unsent_timestamp_seconds"
        yield _one(name, "When the oldest of these was written, Unix time.", oldest.timestamp())
    yield _one(
        "couchtill_refused_documents", "Documents that the central did not take.", checks["refused"]["documents"]
    )
    if central["linked"]:
        yield _one("couchtill_central_reachable", "Whether the central answers now.", int(central["online"]))
        last = read_time(central["last"])
        if last is not None:
            name = "couchtill_central_last_seen_timestamp_seconds"
            yield _one(name, "When the central was last heard, Unix time.", last.timestamp())
    if checks["clock"]["ahead"] is not None:
        name = "couchtill_clock_offset_seconds"
        yield _one(name, "By how much the central's clock is ahead of this one's.", checks["clock"]["ahead"] / 1000)


def _links(links: Iterable[Mapping[str, Any]]) -> Iterator[Metric]:
    labels = ("database", "direction")
    state = _family("couchtill_link_state", "1 for the state that a link is in.", *labels, "state")
    unsent = _family("couchtill_link_unsent_documents", "Documents that a link has to send.", *labels)
    refused = _family("couchtill_link_refused_documents", "Documents of a link that were refused.", *labels)
    success = _family("couchtill_link_last_success_timestamp_seconds", "When a link was last in step.", *labels)
    for link in links:
        of = [_label(str(link["database"])), str(link["direction"])]
        for each in LINK_STATES:
            state.add_metric([*of, each], int(link["state"] == each))
        if link["direction"] == "push":
            unsent.add_metric(of, link.get("unsent") or 0)
        refused.add_metric(of, link.get("refused") or 0)
        last = read_time(link.get("last_success"))
        if last is not None:
            success.add_metric(of, last.timestamp())
    yield from (state, unsent, refused, success)


def _terminals(node: Any) -> Iterator[Metric]:
    """What head office knows of the others."""
    if node.kind != "office":
        return
    labels = ("terminal", "store")
    last = _family("couchtill_terminal_last_seen_timestamp_seconds", "When a terminal last told of itself.", *labels)
    unsent = _family("couchtill_terminal_unsent_documents", "What a terminal last had to send.", *labels)
    refused = _family("couchtill_terminal_refused_documents", "What was refused of a terminal.", *labels)
    offset = _family("couchtill_terminal_clock_offset_seconds", "How a terminal's clock stood.", *labels)
    free = _family("couchtill_terminal_disk_free_bytes", "Free room on a terminal's disk.", *labels)
    build = InfoMetricFamily("couchtill_terminal", "What a terminal runs.", labels=labels)
    for report in node.terminal_reports():
        if report.get("kind") != "terminal":
            continue
        of = [str(report.get("node")), str(report.get("store"))]
        moment = seen(report)
        if moment is not None:
            last.add_metric(of, moment.timestamp())
        unsent.add_metric(of, _number(report.get("unsent")))
        refused.add_metric(of, _number(report.get("refused")))
        if type(report.get("ahead")) is int:
            offset.add_metric(of, report["ahead"] / 1000)
        disk = report.get("disk")
        if isinstance(disk, dict) and type(disk.get("free")) is int:
            free.add_metric(of, disk["free"])
        build.add_metric(of, {"version": str(report.get("version"))})
    yield from (last, unsent, refused, offset, free, build)


def _as_couchdb(counts: Mapping[tuple[str, str], int], node: Any, feeds: Any) -> Iterator[Metric]:
    methods = CounterMetricFamily("couchdb_httpd_request_methods", "HTTP requests by method.", labels=("method",))
    for method in _METHODS:
        methods.add_metric([method], sum(number for (each, _), number in counts.items() if each == method))
    codes = CounterMetricFamily("couchdb_httpd_status_codes", "HTTP answers by status.", labels=("code",))
    for code in sorted({status for _, status in counts}):
        codes.add_metric([code], sum(number for (_, status), number in counts.items() if status == code))
    yield methods
    yield codes
    yield CounterMetricFamily("couchdb_httpd_requests", "HTTP requests.", value=sum(counts.values()))
    yield _one("couchdb_open_databases", "Open databases.", len(node.directory.names()))
    if feeds is not None:
        yield _one("couchdb_httpd_clients_requesting_changes", "Clients that wait for changes.", feeds.open)


def _label(database: str) -> str:
    shop = database == "company" or database.startswith("store-")
    return database if shop else OTHER


def _of(look: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(look[key] or "") for key in ("node", "kind", "store")}


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0


def _family(name: str, help: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, labels=labels)


def _one(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value=value)


def _info(name: str, help: str, values: dict[str, str]) -> InfoMetricFamily:
    return InfoMetricFamily(name, help, value=values)
