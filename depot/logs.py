"""What the log need not say."""

import logging


class NotOurFault(logging.Filter):
    """uvicorn calls each handshake that we refuse with an HTTP status an error; the refusal itself is logged by us."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "without completing handshake" not in str(record.msg)
