"""`python -m sandbox --port 8000 --config sandbox.json`: the sandbox as a process of its own."""

import argparse
import sys
from pathlib import Path

from sandbox.app import create_app
from sandbox.server import new_server
from sandbox.settings import SandboxSettings


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. 0 when stopped, 1 when it could not start, 2 for a bad configuration."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--config", type=Path, required=True, help="what SandboxSettings.write wrote")
    chosen = parser.parse_args(arguments)
    try:
        settings = SandboxSettings.read(chosen.config)
        app = create_app(settings)
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    server = new_server(app, chosen.host, chosen.port)
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    except SystemExit:
        return 1
    return 0 if server.started else 1


if __name__ == "__main__":
    raise SystemExit(main())
