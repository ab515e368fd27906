"""Structured logs: one JSON line an event, with request, brand and actor; never a secret.

What a person typed is never logged: no bodies, no forms, no query values.
"""

import logging
import sys

import structlog

_SECRET = ("password", "secret", "token", "authorization", "cookie", "csrf", "body", "email")


def _leave_out_secrets(_logger, _method, event_dict):
    for key in event_dict:
        if key != "event" and any(word in key.lower() for word in _SECRET):
            event_dict[key] = "…"
    return event_dict


def configure(level: str) -> None:
    """Send our logs and those of libraries to standard error as JSON lines."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _leave_out_secrets,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(max(logging.WARNING, root.level))
