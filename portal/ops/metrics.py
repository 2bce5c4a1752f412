"""Figures for Prometheus: counted per request, or read from the database when asked.

What is counted is counted in the process. Where several share a port, as granian's workers do, they share
their counts by files in the folder that ``PROMETHEUS_MULTIPROC_DIR`` names (the units in deploy/ do so).
"""

import os
import time
from collections.abc import Iterator

from flask import Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal import jobs
from portal.kernel import clock
from portal.ops import backup, replica
from portal.registry.queries import log, register, standing

REQUESTS = Counter("portal_requests_total", "Answers by endpoint and status", ["endpoint", "status"])
SECONDS = Histogram("portal_request_seconds", "Time to answer by endpoint", ["endpoint"])


class _Standing(Collector):
    """The state of the portal as a whole, the same whichever process is asked."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        waiting, failed = jobs.counts()
        free = sum(lot.free.grams for lot in register.open_lots())
        for name, what, value in (
            ("portal_jobs_waiting", "Work recorded and not done", waiting),
            (
                "portal_jobs_waiting_seconds",
                "How long the oldest work that nobody has begun is due",
                jobs.waiting_seconds(clock.now()),
            ),
            ("portal_jobs_failed", "Work given up after many tries", failed),
            ("portal_log_pending", "Records without a place in the log", log.waiting()),
            ("portal_log_size", "Records in the log", log.size()),
            ("portal_free_grams", "Grams that can be bought now", free),
            ("portal_selling_stopped", "1 after a failed audit", int(standing.is_stopped())),
            ("portal_backup_age_seconds", "Since the last whole backup", _backup_age()),
        ):
            yield GaugeMetricFamily(name, what, value)
        behind = GaugeMetricFamily("portal_replica_lag_seconds", "How far the replica is behind")
        if (lag := replica.lag_seconds()) is not None:
            behind.add_metric([], lag)
        yield behind


def _backup_age() -> float:
    """Seconds; without end where there is none."""
    made = backup.last_made()
    return (clock.now() - made).total_seconds() if made else float("inf")


def text() -> bytes:
    """All figures in Prometheus' text format."""
    own = CollectorRegistry(auto_describe=False)
    own.register(_Standing())
    return generate_latest(_counted()) + generate_latest(own)


def _counted() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    of_all = CollectorRegistry(auto_describe=False)
    MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
    return of_all


def count(response: Response) -> Response:
    """Count an answer and how long it took."""
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, response.status_code).inc()
    if "began" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.began)
    return response
