"""`python -m webapp`: the web process, as the Procfile starts it."""

import argparse

from config.settings import WebSettings, load_or_exit
from webapp import server


def main() -> None:
    """Read the settings, and serve."""
    parser = argparse.ArgumentParser(prog="python -m webapp", description=__doc__)
    parser.add_argument("--host", default="0.0.0.0", help="the address to listen on (all of them)")  # noqa: S104  # behind a proxy, in a container
    arguments = parser.parse_args()
    server.serve(load_or_exit(WebSettings), arguments.host)


if __name__ == "__main__":
    main()
