"""For developers: ``python -m bot.migrations NAME`` writes the version that leads to what the tables' classes say."""

import sys
import tempfile
from pathlib import Path

from bot import embedded, migrations
from bot.database import make_engine


def main(name: str) -> None:
    """Bring a throw-away database up to date, compare, and write the difference."""
    servers = embedded.join(Path(tempfile.mkdtemp(prefix="kabot-migrations-")), for_tests=True)
    try:
        engine = make_engine(servers.database_url)
        migrations.upgrade(engine)
        with engine.connect() as conn:
            migrations.write(conn, name)
        engine.dispose()
    finally:
        servers.leave()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "change")
