"""`kabot keys`: card keys loaded, looked for, voided, restored, moved, and sealed anew under another secret."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.connecting import EXIT_FAILED, BadInputError, CommandError, connected, database, group

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from catalog.stock_care import Changed
    from catalog.vault import Vault

keys_app = group("Card keys.")

ACTOR = "operator"
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Numbers, as `keys list` shows them.")]
Batch = Annotated[int | None, typer.Option(min=1, help="Every key of one import.")]
Reason = Annotated[str, typer.Option(help="Kept with the key.")]


@keys_app.command("replace")
def keys_replace(
    order: Annotated[str, typer.Argument(metavar="ORDER")],
    reason: Annotated[str, typer.Option(help="Kept with the key and in the order's history.")],
    line: Annotated[int | None, typer.Option(min=1, help="Which line of the order, from 1.")] = None,
    key: Annotated[int | None, typer.Option(min=1, help="Which key (its number), where the line has several.")] = None,
) -> None:
    """Give the buyer another key in place of one that does not work; the bad one is never sold again."""
    from bot.replacing import NotReplacedError, replace_in_order
    from kernel.ids import OrderNo

    with connected() as at, database(at):
        try:
            print(replace_in_order(at.services(), OrderNo(order), line, key, reason, actor=ACTOR))
        except NotReplacedError as error:
            raise CommandError(str(error)) from None


@contextmanager
def _stock() -> "Iterator[tuple[Engine, Vault]]":
    from catalog.vault import Vault

    with connected() as at, database(at) as engine:
        yield engine, Vault(at.config.app.key(), at.config.app.earlier_keys())


@keys_app.command("import")
def keys_import(
    sku: Annotated[str, typer.Argument(metavar="SKU")],
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    cost: Annotated[str, typer.Option(metavar="YUAN", help="What one key cost; else the catalog's cost.")] = "",
) -> None:
    """Load card keys for one SKU from .txt (`secret` or `number,secret` a line) or .csv with a header."""
    import sys

    from bot.progress import bar
    from catalog.key_import import ImportRefused, import_keys
    from kernel.money import parse_yuan

    try:
        unit_cost_fen = parse_yuan(cost) if cost else None
    except ValueError:
        raise BadInputError(f"--cost {cost}: write yuan, such as 9.50") from None
    with _stock() as (engine, vault), bar("导入卡密") as progress:
        result = import_keys(engine, vault, sku, file, progress, unit_cost_fen=unit_cost_fen)
    if isinstance(result, ImportRefused):
        raise BadInputError(f"{file}: {result}")
    for problem in result.problems:
        print(f"kabot: {file}: {problem}", file=sys.stderr)
    print(f"imported {result.imported}, duplicate {result.duplicate}, invalid {result.invalid}")


@keys_app.command("list")
def keys_list(
    sku: Annotated[str | None, typer.Argument(metavar="[SKU]")] = None,
    state: Annotated[str | None, typer.Option(help="available, held, sold or void.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """Count the stock by SKU; or list the latest keys of one SKU, by number and never in clear."""
    from catalog import stock_care
    from catalog.key_import import why_not

    if state not in (None, "available", "held", "sold", "void"):
        raise BadInputError(f"--state {state}: must be available, held, sold or void")
    with _stock() as (engine, _), engine.connect() as conn:
        if sku is None:
            for code, counts in stock_care.totals(conn).items():
                print(f"{code}\t" + "\t".join(f"{name} {counts.get(name, 0)}" for name in _STATES))
            return
        rows = stock_care.of_sku(conn, sku, state, limit)
        if not rows and (refused := why_not(conn, sku)):
            raise BadInputError(str(refused))
        for row in rows:
            of = f"订单 {row.order_no}" if row.order_no else ""
            print(f"{row.id}\t{row.state}\t批次 {row.batch_id}\t{of}\t{row.reason}".rstrip())


_STATES = ("available", "held", "sold", "void")


@keys_app.command("search")
def keys_search(fragment: Annotated[str, typer.Argument(metavar="FRAGMENT")]) -> None:
    """Find keys by the whole secret, or by 4 or more characters of it or of the card number."""
    from bot.progress import bar
    from catalog import stock_care

    if len(fragment) < stock_care.FRAGMENT_MIN:
        raise BadInputError(f"a fragment has at least {stock_care.FRAGMENT_MIN} characters")
    with _stock() as (engine, vault), engine.connect() as conn, bar("查找卡密") as progress:
        found = stock_care.search(conn, vault, fragment, progress)
    for row in found:
        of = f"订单 {row.order_no}" if row.order_no else ""
        print(f"{row.id}\t{row.sku_code}\t{row.state}\t{row.masked}\t批次 {row.batch_id}\t{of}\t{row.reason}".rstrip())
    print(f"{len(found)} found" + (", there may be more" if len(found) == stock_care.FOUND_MAX else ""))


@keys_app.command("void")
def keys_void(reason: Reason, ids: Ids = None, batch: Batch = None) -> None:
    """Take keys off sale, into the recycle bin; held and sold ones stay what they are."""
    from catalog import stock_care

    with _stock() as (engine, _), engine.begin() as conn:
        done = stock_care.void(conn, _chosen(conn, ids, batch), _now(), reason=reason, actor=ACTOR)
    _told("voided", done)


@keys_app.command("restore")
def keys_restore(reason: Reason = "", ids: Ids = None, batch: Batch = None) -> None:
    """Put void keys back on sale; one that was ever shown or sold is not."""
    from catalog import stock_care

    with _stock() as (engine, vault), engine.begin() as conn:
        done = stock_care.restore(conn, vault, _chosen(conn, ids, batch), _now(), reason=reason, actor=ACTOR)
    _told("restored", done)


@keys_app.command("move")
def keys_move(
    to: Annotated[str, typer.Option("--to", metavar="SKU", help="Where they belong.")],
    reason: Reason = "",
    ids: Ids = None,
    batch: Batch = None,
) -> None:
    """Put keys that can be bought under another SKU."""
    from catalog import stock_care

    with _stock() as (engine, vault), engine.begin() as conn:
        done = stock_care.move(conn, vault, _chosen(conn, ids, batch), to, _now(), reason=reason, actor=ACTOR)
    if isinstance(done, stock_care.NotACardSku):
        raise BadInputError(f"--to {to}: no SKU of card keys is called so")
    _told("moved", done)


def _chosen(conn: "Connection", ids: Sequence[int] | None, batch: int | None) -> tuple[int, ...]:
    from catalog import stock_care

    if bool(ids) == (batch is not None):
        raise BadInputError("name keys by their numbers, or one --batch")
    chosen = tuple(ids) if ids else stock_care.in_batch(conn, batch or 0)
    if not chosen:
        raise BadInputError(f"--batch {batch}: no key was imported in it")
    return chosen


def _told(what: str, done: "Changed") -> None:

    for number, why in done.refused:
        print(f"{number}: not {what}: {why}")
    print(f"{what} {len(done.ids)}, not {what} {len(done.refused)}")
    if not done.ids:
        raise typer.Exit(EXIT_FAILED)


@keys_app.command("rotate")
def keys_rotate(
    new: Annotated[bool, typer.Option("--new", help="First make a new secret, where kabot keeps it itself.")] = False,
) -> None:
    """Seal every card key anew under the secret of today; safe to cut off and to run again."""
    from bot.config import load_config, make_new_key
    from bot.progress import bar
    from catalog import key_rotation

    if new:
        if not make_new_key(load_config().app):
            raise BadInputError(
                "--new: the secret is configured: put a new one into [app] secret_key and the old one into"
                " previous_secret_keys, restart every process, then run kabot keys rotate"
            )
        print("a new secret is kept, the old one beside it: restart web and worker, then run kabot keys rotate")
        return
    with _stock() as (engine, vault), bar("重新加密卡密") as progress:
        done = key_rotation.rotate(engine, vault, _now(), progress)
    for number in done.duplicates:
        print(f"{number}: the same key is in stock twice; this one is off sale")
    for number in done.unreadable:
        print(f"{number}: opens under no secret that is configured: is one missing from previous_secret_keys?")
    print(f"sealed anew {done.sealed}, duplicate {len(done.duplicates)}, unreadable {len(done.unreadable)}")
    if done.unreadable:
        raise typer.Exit(EXIT_FAILED)


def _now() -> datetime:
    from kernel.clock import SystemClock

    return SystemClock().now()
