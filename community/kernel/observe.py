"""What operators see: request logs, health, metrics. Never what people wrote."""

import hmac
import secrets
import time

import structlog
from flask import Blueprint, Flask, abort, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from community.kernel.bus import Delivery, EventRecord
from community.kernel.tenancy import across_brands
from community.kernel.web import unbranded

log = structlog.get_logger()
bp = Blueprint("observe", __name__)

_registry = CollectorRegistry()
_requests = Counter(
    "community_requests",
    "Requests answered.",
    ["endpoint", "method", "status"],
    registry=_registry,
)
_seconds = Histogram(
    "community_request_seconds", "Time to answer, in seconds.", ["endpoint"], registry=_registry
)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.before_request(_begin)
    app.after_request(_name_request)
    app.teardown_request(_end)


def note(**facts) -> None:
    """Add facts to every further log line of this request."""
    structlog.contextvars.bind_contextvars(**facts)


def _begin():
    g.began_at = time.perf_counter()
    g.status = 500
    g.request_id = request_id(request.environ)
    structlog.contextvars.clear_contextvars()
    note(request_id=g.request_id)


def request_id(environ: dict) -> str:
    """The id given with a request, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if given.isalnum() and len(given) <= 64 else secrets.token_hex(8)


def answered_from_memory(endpoint: str, path: str, took: float) -> None:
    """Count and log an answer that Flask never saw; `took` in seconds."""
    _requests.labels(endpoint, "GET", 200).inc()
    _seconds.labels(endpoint).observe(took)
    log.info("request", path=path, endpoint=endpoint, kept=True, ms=round(took * 1000, 1))


def _name_request(response):
    g.status = response.status_code
    response.headers["X-Request-Id"] = g.request_id
    return response


def _end(_error):
    if "began_at" not in g:
        return
    took = time.perf_counter() - g.began_at
    endpoint = request.endpoint or "none"
    _requests.labels(endpoint, request.method, g.status).inc()
    _seconds.labels(endpoint).observe(took)
    if endpoint.startswith(("assets.", "observe.")):
        return
    log.info(
        "request",
        method=request.method,
        path=request.path,
        endpoint=endpoint,
        status=g.status,
        ms=round(took * 1000, 1),
    )


@bp.get("/healthz")
@unbranded
def healthz():
    """The process answers."""
    return "ok\n", 200, {"Content-Type": "text/plain", "Cache-Control": "no-store"}


@bp.get("/readyz")
@unbranded
def readyz():
    """The process can serve: the database answers and has its tables."""
    try:
        with across_brands("is the database there?") as session:
            session.scalar(select(EventRecord.id).limit(1))
    except SQLAlchemyError as error:
        log.error("ready.database_away", error=type(error).__name__)
        return "database away\n", 503, {"Content-Type": "text/plain", "Retry-After": "10"}
    return "ready\n", 200, {"Content-Type": "text/plain", "Cache-Control": "no-store"}


@bp.get("/metrics")
@unbranded
def metrics():
    """Prometheus text, for whoever holds the token of the setting metrics_token."""
    token = current_app.config["COMMUNITY"].metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        abort(404)
    text = generate_latest(_registry).decode() + _queue_lengths()
    return text, 200, {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}


def _queue_lengths() -> str:
    """Read when asked, so that every process tells the same."""
    with across_brands("operators watch the whole queue") as session:
        due = session.scalar(select(func.count(Delivery.id)).where(Delivery.due_at.is_not(None)))
        parked = session.scalar(
            select(func.count(Delivery.id)).where(Delivery.parked_at.is_not(None))
        )
    return (
        "# HELP community_deliveries Deliveries by state.\n# TYPE community_deliveries gauge\n"
        f'community_deliveries{{state="due"}} {due}\n'
        f'community_deliveries{{state="parked"}} {parked}\n'
    )
