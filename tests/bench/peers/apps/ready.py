"""The line by which a worker says that it is up. Separate, because every peer says the same and the driver counts them."""

import sys

LINE = "contender: ready"


def say(*_: object, **__: object) -> None:
    """To standard error, which the driver keeps; takes whatever a hook hands it."""
    sys.stderr.write(f"{LINE}\n")
    sys.stderr.flush()
