"""How processes of ours write their log: one line an event, to stderr, with the process's role. Ids, never people."""

import logging.config


def configure(role: str, level: str = "INFO") -> None:
    """Set up logging for this process. `role` is what the line says wrote it: "worker", "relay", "web"."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "format": f"%(asctime)s %(levelname)-7s {role} %(process)d %(name)s: %(message)s",
                },
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level, "handlers": ["stderr"]},
            # Loggers that quote what they are given: addresses in URLs (urllib3), connection strings (alembic's engine).
            "loggers": {"urllib3": {"level": "WARNING"}, "alembic": {"level": "INFO"}},
        },
    )
