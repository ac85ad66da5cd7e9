"""`kabot nlu report`: what buyers said that the bot did not understand, grouped; one key makes a word an alias."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rapidfuzz import fuzz, process
from rich.console import Console
from rich.markup import escape
from sqlalchemy import Connection, Engine

from bot import misses
from bot.lexicon import build_lexicon
from bot.misses import Miss
from catalog.files import CatalogError, read_text
from catalog.model import Product
from catalog.shelf import Shelf
from catalog.store import import_catalog, load_listed, load_shelf
from catalog.writing import to_toml
from nlu import Lexicon, parse
from nlu.cues import strange_words
from nlu.intent import blank
from nlu.lexicon import plain
from nlu.seeing import look

ALIKE = 70
"""rapidfuzz's ratio from which two messages say the same."""
EXAMPLES = 3
OFFERED = 9
"""So many products are offered for an alias: one key each."""
ALIAS_MAX = 40


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that say about the same, newest first."""

    misses: tuple[Miss, ...]

    @property
    def buyers(self) -> int:
        """Count who said so."""
        return len({miss.buyer for miss in self.misses})

    @property
    def examples(self) -> tuple[str, ...]:
        """Give some of the wordings, the newest first, each once."""
        return tuple(dict.fromkeys(miss.words for miss in self.misses))[:EXAMPLES]


@dataclass(frozen=True, slots=True)
class Terminal:
    """How an operator answers: one key at a time, or a line."""

    key: Callable[[], str]
    line: Callable[[str], str]


def grouped(found: Iterable[Miss]) -> list[Group]:
    """Put alike messages together, the most frequent group first."""
    groups: list[list[Miss]] = []
    heads: list[str] = []
    for miss in found:
        alike = process.extractOne(miss.words, heads, scorer=fuzz.ratio, score_cutoff=ALIKE)
        if alike is None:
            heads.append(miss.words)
            groups.append([miss])
        else:
            groups[alike[2]].append(miss)
    return sorted((Group(tuple(group)) for group in groups), key=lambda group: -len(group.misses))


def still_missed(miss: Miss, lexicon: Lexicon) -> bool:
    """Tell whether today's catalog and reader would miss it again; a correction says nothing of that."""
    return bool(miss.followed_by) or misses.missed(parse(miss.words, lexicon))


def suggested_alias(words: str, lexicon: Lexicon) -> str:
    """Give the longest stretch of a message that nothing explains: 猪猪币 of 给我充点猪猪币50."""
    return max(strange_words(blank(look(words, lexicon))), key=len, default="")[:ALIAS_MAX]


def nearest_products(alias: str, shelf: Shelf) -> list[Product]:
    """List the products an alias is likeliest for, first of all those that sound or look alike."""
    names = {i: " ".join((product.name, *product.aliases)) for i, product in enumerate(shelf.products)}
    ranked = process.extract(alias, names, scorer=fuzz.WRatio, limit=OFFERED)
    return [shelf.products[i] for _, _, i in ranked]


def add_alias(conn: Connection, product_id: str, alias: str) -> str:
    """Give a product one more name, as a new version of the catalog. Returns what speaks against it, in Chinese (the
    console shows it), or ""."""
    shelf = load_listed(conn)  # what no supplier has at the moment stays listed
    product = shelf.product(product_id)
    if product is None:
        return f"商品 {product_id} 已经不在售"
    if not plain(alias) or len(alias) > ALIAS_MAX:
        return f"别名要有 1 到 {ALIAS_MAX} 个字"
    known = build_lexicon(shelf).phrases.get(plain(alias))
    if known is not None and (known.products or known.categories):
        meant = [shelf.product(one) for one in known.products]
        names = [one.name for one in meant if one is not None] or list(known.categories)
        return f"“{alias}”已经是“{'、'.join(names)}”的叫法"
    named = replace(product, aliases=(*product.aliases, alias))
    try:
        read_text(to_toml((named,)).encode())  # what no file can say would stop every draft and export after it
    except CatalogError as error:
        return error.problems[0].message
    import_catalog(conn, Shelf((named if one.id == product_id else one for one in shelf.products), ""))
    return ""


def run(engine: Engine, now: datetime, console: Console, terminal: Terminal | None, *, days: int, top: int) -> None:
    """Print what was missed lately, and on a terminal offer to mend each group."""
    with engine.connect() as conn:
        found = misses.since(conn, now - timedelta(days=days))
        shelf = load_shelf(conn)
    lexicon = build_lexicon(shelf)
    open_ones = [miss for miss in found if still_missed(miss, lexicon)]
    groups = grouped(open_ones)
    console.print(
        f"{len(found)} messages missed in {days} days, {len(found) - len(open_ones)} of them understood by now; "
        f"{len(groups)} groups"
    )
    for number, group in enumerate(groups[:top], 1):
        _print(number, group, console)
        if terminal is not None and not _mend(engine, group, console, terminal):
            return


def _print(number: int, group: Group, console: Console) -> None:
    newest = group.misses[0]
    after = sorted({miss.followed_by for miss in group.misses if miss.followed_by})
    note = f"then {'/'.join(after)}" if after else newest.intent
    people = "1 buyer" if group.buyers == 1 else f"{group.buyers} buyers"
    console.print(
        f"[bold]{number:>3}[/bold] ×{len(group.misses)} by {people} [dim]· {note} · {newest.heard_at:%m-%d %H:%M}[/dim]"
    )
    for example in group.examples:
        console.print(f"      {escape(example)}", soft_wrap=True)


def _mend(engine: Engine, group: Group, console: Console, terminal: Terminal) -> bool:
    """Ask what to do about one group; False when the operator has had enough."""
    console.print("      [dim]a add as alias · d done, forget it · any other key: next · q quit[/dim]")
    key = terminal.key().lower()
    if key == "d":
        with engine.begin() as conn:
            misses.settle(conn, [miss.id for miss in group.misses])
    elif key == "a":
        _add(engine, group, console, terminal)
    return key not in ("q", "\x03", "\x04", "\x1b")


def _add(engine: Engine, group: Group, console: Console, terminal: Terminal) -> None:
    with engine.connect() as conn:
        shelf = load_shelf(conn)
    guess = suggested_alias(group.examples[0], build_lexicon(shelf))
    alias = terminal.line(f"      which words? [{guess}] ").strip() or guess
    offered = nearest_products(alias, shelf)
    for number, product in enumerate(offered, 1):
        console.print(f"      {number} {escape(product.name)} [dim]{product.id}[/dim]")
    console.print("      [dim]for which? its number, or any other key for none[/dim]")
    key = terminal.key()
    chosen = offered[int(key) - 1] if key.isdecimal() and 0 < int(key) <= len(offered) else None
    if chosen is None:
        return
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as conn, conn.begin():
        against = add_alias(conn, chosen.id, alias)
        if not against:
            misses.settle(conn, [miss.id for miss in group.misses])
    if against:
        console.print(f"      [red]{escape(against)}[/red]")
    else:
        console.print(
            f"      [green]{escape(alias)} is {escape(chosen.name)} from now on.[/green] "
            f"Add it to the aliases of {chosen.id} in your catalog file, too: the next import goes by the file."
        )
