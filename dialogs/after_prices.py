"""What was priced last, wanted, with nothing else going on: 那要猫超的, 就便宜的那个, 都要, 行 就要这些."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import line_in_words
from dialogs.draft import chosen_options, look
from dialogs.filling import fill
from dialogs.just_priced import ASKS
from dialogs.ordering import advance, miss
from dialogs.pointing import longest_name
from dialogs.state import Dialog, DraftLine, Idle
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item

_ALL = re.compile("[这那]些|[都全](?:部)?[要买来拿]|全部|各(?:来|要|买|拿)?一|[两俩三仨几][个样种](?:都|全)")
_CHEAP = re.compile("(?:最)?(?:便宜|划算|实惠|低)(?:一?点|些)?的|便宜(?:那|这)[个张种款]")
_DEAR = re.compile("(?:最)?(?:贵|高档|高)(?:一?点|些)?的|贵(?:那|这)[个张种款]")
_WISH = re.compile("[要来买拿选订充办开整搞弄下]|就|行|吧|换|好的?$|可以|还是")
_PLAIN = re.compile(
    "(?:嗯|好的?|行|哦|噢|啊|呀|那|就|可以|ok|还是|我|给我|帮我|吧|呗|了|的|哈|谢谢|麻烦|老板|嘛|要|来|买|拿|选|订|充|办|开|整|搞|弄|下单?"
    "|[这那]|一?[个张份种款样些]|它|都|全部?|各|[两俩三仨几][个样种]|先|直接|算|[,，。.!！~～\\s])*+"
)
_TALKS = ("order", "answer", "unknown", "confirm", "change", "choose", "search", "reorder", "thanks")


def taken(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Summed up as it was priced, with what he says besides; None where he says anything else."""
    priced, text, items = dialog.priced, fold(said.text), said.frame.items
    if not priced or not isinstance(dialog.state, Idle) or said.frame.intent not in _TALKS or len(items) > 1:
        return None
    if ASKS.search(said.text) or not _WISH.search(text):
        return None
    item = items[0] if items else Item()
    meant, rest = _meant(priced, item, text, scene.shelf)
    if not meant or (not items and not _PLAIN.fullmatch(rest)):
        return None
    everyone = _ALL.search(text) is not None
    if len(meant) > 1 and not everyone:
        told = replies.which_of_priced([line_in_words(line, scene.shelf) for line in meant])
        return miss(dialog, scene, told)
    lines = [fill(line, replace(item, product=None, candidates=()), scene.shelf).line for line in meant]
    if any(look(line, scene.shelf).trouble for line in lines):
        return None
    return advance(replace(dialog, misses=0, priced=(), listed=None), lines, scene)


def _meant(priced: Sequence[DraftLine], item: Item, text: str, shelf: Shelf) -> tuple[list[DraftLine], str]:
    """Those of them that he can mean, and the text without the words that said so."""
    for words, pick in ((_CHEAP, min), (_DEAR, max)):
        if (found := words.search(text)) is not None and (costs := _costs(priced, shelf)):
            at = costs.index(pick(costs))
            return [priced[at]], text[: found.start()] + text[found.end() :]
    ids = {item.product, *item.candidates} - {None}
    lines = [line for line in priced if not ids or line.product in ids]
    lines = [line for line in lines if _agrees(line, item, shelf)]
    names = {line.product: _name_in(line, text, shelf) for line in lines}
    named = [line for line in lines if names[line.product]] if any(names.values()) else lines
    for name in names.values():
        text = text.replace(name, "", 1)
    return named, text


def _agrees(line: DraftLine, item: Item, shelf: Shelf) -> bool:
    product = shelf.product(line.product or "")
    held = {**chosen_options(line, product), **line.options} if product is not None else line.options
    if any(name in held and held[name] != item.options[name] for name in item.options.keys() & item.said):
        return False
    return item.value is None or "value" not in item.said or line.value in (None, item.value)


def _name_in(line: DraftLine, text: str, shelf: Shelf) -> str:
    product = shelf.product(line.product or "")
    names = [fold(name) for name in (product.name, *product.aliases)] if product is not None else []
    return longest_name((name[:end] for name in names for end in range(2, len(name) + 1)), text)


def _costs(priced: Sequence[DraftLine], shelf: Shelf) -> list[int]:
    """What each comes to; none where one of them could still be several things."""
    costs = [look(line, shelf).total_fen() for line in priced]
    return [int(cost) for cost in costs if cost is not None] if None not in costs and len(set(costs)) > 1 else []
