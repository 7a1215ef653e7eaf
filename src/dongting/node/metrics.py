"""Metrics in the Prometheus text format, in a registry of their own that is handed to whoever counts.

Label values come from closed sets (routes, outcomes, codes, apps), never from what a caller sends: no
caller can make the number of series grow. Names follow the Prometheus conventions: base units, `_total`.
"""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STATEMENTS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)


class _Exposed:
    """Metrics in a registry of their own."""

    registry: CollectorRegistry

    def exposition(self) -> bytes:
        """The present values in the text format, to be served as `CONTENT_TYPE`."""
        return generate_latest(self.registry)


@dataclass(frozen=True)
class LedgerMetrics(_Exposed):
    """What the ledger's process counts."""

    registry: CollectorRegistry
    blocks: Counter
    block_seconds: Histogram
    block_statements: Histogram
    height: Gauge
    leaves: Gauge
    block_time: Gauge
    queue: Gauge
    unlocked: Gauge
    alarms: Gauge
    restored: Gauge
    forked: Gauge
    build: Gauge


@dataclass(frozen=True)
class Metrics(_Exposed):
    """What one API worker counts; make one with `metrics()` and pass it on."""

    registry: CollectorRegistry
    statements: Counter
    refusals: Counter
    views_height: Gauge
    requests: Counter
    request_seconds: Histogram
    file_bytes: Counter


class _Maker:
    """Makes metrics of one registry under the project's name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"dongting_{name}", text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"dongting_{name}", text, labels, registry=self.registry)

    def histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"dongting_{name}", text, labels, buckets=buckets, registry=self.registry)


def ledger_metrics(version: str) -> LedgerMetrics:
    """The ledger's metrics at zero in a new registry; `version` is that of the program."""
    new = _Maker()
    made = LedgerMetrics(
        registry=new.registry,
        blocks=new.counter("blocks", "Blocks committed."),
        block_seconds=new.histogram("block_seconds", "Time to execute and durably commit a block.", _SECONDS),
        block_statements=new.histogram("block_statements", "Accepted statements in a block.", _STATEMENTS),
        height=new.gauge("height", "Height of the last committed block."),
        leaves=new.gauge("log_leaves", "Leaves of the log at the last committed block."),
        block_time=new.gauge("block_time_seconds", "Time of the last committed block, seconds since 1970."),
        queue=new.gauge("queue_statements", "Statements that wait for a block."),
        unlocked=new.gauge("keystore_unlocked", "1 while the log key is unlocked, else 0."),
        alarms=new.gauge("alarms", "What is wrong in a consortium, by the code of the alarm.", "code"),
        restored=new.gauge("restored", "1 while a restored node waits and is read-only, else 0."),
        forked=new.gauge("forked", "1 while evidence of two histories lies in the home, else 0."),
        build=new.gauge("build_info", "Always 1; the version is in the label.", "version"),
    )
    made.build.labels(version).set(1)
    return made


def metrics() -> Metrics:
    """A worker's metrics at zero in a new registry."""
    new = _Maker()
    return Metrics(
        registry=new.registry,
        statements=new.counter("statements", "Statements by fate: accepted or refused.", "fate"),
        refusals=new.counter("refusals", "Refusals by their stable code.", "code"),
        views_height=new.gauge("views_height", "Height up to which the views are built."),
        requests=new.counter("http_requests", "HTTP requests by route and status class.", "route", "status"),
        request_seconds=new.histogram("http_request_seconds", "Time to answer a request.", _SECONDS, "route"),
        file_bytes=new.counter("file_bytes", "Bytes of files by direction: in or out.", "direction"),
    )
