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


@dataclass(frozen=True, slots=True)
class Metrics:
    """All metrics of one process; make one with `metrics()` and pass it on."""

    registry: CollectorRegistry
    statements: Counter
    refusals: Counter
    blocks: Counter
    block_seconds: Histogram
    block_statements: Histogram
    height: Gauge
    leaves: Gauge
    block_time: Gauge
    queue: Gauge
    views_height: Gauge
    requests: Counter
    request_seconds: Histogram
    file_bytes: Counter
    unlocked: Gauge
    build: Gauge

    def exposition(self) -> bytes:
        """The present values in the text format, to be served as `CONTENT_TYPE`."""
        return generate_latest(self.registry)


def metrics(version: str) -> Metrics:
    """Metrics at zero in a new registry; `version` is that of the program."""
    registry = CollectorRegistry(auto_describe=True)

    def counter(name: str, text: str, *labels: str) -> Counter:
        return Counter(f"dongting_{name}", text, labels, registry=registry)

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"dongting_{name}", text, labels, registry=registry)

    def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"dongting_{name}", text, labels, buckets=buckets, registry=registry)

    made = Metrics(
        registry=registry,
        statements=counter("statements", "Statements by fate: accepted, refused or repeated.", "fate"),
        refusals=counter("refusals", "Refusals by their stable code.", "code"),
        blocks=counter("blocks", "Blocks committed."),
        block_seconds=histogram("block_seconds", "Time from check to durable commit of a block.", _SECONDS),
        block_statements=histogram("block_statements", "Accepted statements in a block.", _STATEMENTS),
        height=gauge("height", "Height of the last committed block."),
        leaves=gauge("log_leaves", "Leaves of the log at the last committed block."),
        block_time=gauge("block_time_seconds", "Time of the last committed block, seconds since 1970."),
        queue=gauge("queue_statements", "Statements that wait for a block."),
        views_height=gauge("views_height", "Height up to which the views are built."),
        requests=counter("http_requests", "HTTP requests by route and status class.", "route", "status"),
        request_seconds=histogram("http_request_seconds", "Time to answer a request.", _SECONDS, "route"),
        file_bytes=counter("file_bytes", "Bytes of files by direction: in or out.", "direction"),
        unlocked=gauge("keystore_unlocked", "1 while the keystore is unlocked, else 0."),
        build=gauge("build_info", "Always 1; the version is in the label.", "version"),
    )
    made.build.labels(version).set(1)
    return made
