"""`kabot catalog`: a catalog file, checked or put on sale."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.connecting import AFile, BadInputError, connected, database, group

if TYPE_CHECKING:
    from catalog.shelf import Shelf

catalog_app = group("Check or load a catalog file.")


@catalog_app.command("check")
def catalog_check(file: AFile) -> None:
    """Check a catalog file and name everything wrong with it by line."""
    shelf = read_file(file)
    print(f"ok: {len(shelf.products)} products, {sum(len(product.skus) for product in shelf.products)} SKUs")
    _advise(shelf)


@catalog_app.command("import")
def catalog_import(file: AFile) -> None:
    """Load a catalog file into the database. Importing it again changes nothing."""
    from catalog.store import import_catalog, load_listed, lock
    from catalog.version import content_version
    from console import drafts

    shelf = read_file(file)
    with connected() as at, database(at) as engine, engine.begin() as conn:
        lock(conn)
        before = load_listed(conn)
        if before.products and content_version(shelf.products) != before.version:
            drafts.keep(conn, before, "kabot catalog import", datetime.now(UTC))  # the console goes back to it
        done = import_catalog(conn, shelf)
    print(f"added {done.added}, changed {done.changed}, unchanged {done.unchanged}, off sale {done.paused}")
    _advise(shelf)


def _advise(shelf: "Shelf") -> None:
    from catalog.advice import advice

    for line in advice(shelf.products):
        print(f"提醒  {line}")


def read_file(file: Path) -> "Shelf":
    """Read a catalog file. Raises BadInputError, which names everything wrong with it by line."""
    from catalog.files import CatalogError, read_catalog

    try:
        return read_catalog(file)
    except CatalogError as error:
        raise BadInputError(_catalog_problems(file, error)) from None


def _catalog_problems(file: Path, error: Exception) -> str:
    return "\nkabot: ".join(f"{file}: {line}" for line in str(error).splitlines())
