"""Figures for Prometheus: counted per request in this process, or read from the database when asked."""

import time
from collections.abc import Iterator

from flask import Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from portal import jobs
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
            ("portal_jobs_failed", "Work given up after many tries", failed),
            ("portal_log_pending", "Records without a place in the log", log.waiting()),
            ("portal_log_size", "Records in the log", log.size()),
            ("portal_free_grams", "Grams that can be bought now", free),
            ("portal_selling_stopped", "1 after a failed audit", int(standing.is_stopped())),
        ):
            yield GaugeMetricFamily(name, what, value)


def text() -> bytes:
    """All figures in Prometheus' text format."""
    own = CollectorRegistry(auto_describe=False)
    own.register(_Standing())
    return generate_latest(REGISTRY) + generate_latest(own)


def count(response: Response) -> Response:
    """Count an answer and how long it took."""
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, response.status_code).inc()
    if "began" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.began)
    return response
