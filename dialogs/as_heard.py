"""What a message says, as far as words, the open question and the catalog tell it: what `step` then takes up."""

from dataclasses import replace

from catalog.model import FieldKind
from dialogs import given_apart
from dialogs.asked_besides import with_question
from dialogs.asking import expecting
from dialogs.assent import as_confirmed
from dialogs.beside import with_wishes
from dialogs.clauses import read_clauses
from dialogs.comparing import read_sides
from dialogs.fillers import without_fillers
from dialogs.given_apart import put
from dialogs.line_numbers import with_line_numbers
from dialogs.no_answer import below_summary
from dialogs.row_after_row import corrections_in
from dialogs.rows import read_rows
from dialogs.said_anew import as_listed, as_said_anew
from dialogs.state import Collecting, Confirming, Dialog, Idle
from dialogs.tricks import without_terms
from dialogs.turn import Given, Said, Scene
from dialogs.without_talk import core_of
from nlu.frame import Channel
from nlu.joins import plain_verbs
from nlu.lexicon import Lexicon
from nlu.naming import named_in
from nlu.parsing import parse

_ADDRESS_CHARS = 12
_NAMING_FROM, _NAMING_TO = 3, 60
"""So long are messages that are looked through for goods beside what they order."""


def as_heard(
    text: str, dialog: Dialog, scene: Scene, lexicon: Lexicon, *, channel: Channel = "text", late: bool = False
) -> Said:
    """The message read as a whole, by its clauses, and row by row where it was typed. `late`: another question was
    open when it was spoken."""
    parts = corrections_in(text, dialog, scene.shelf) if channel == "text" else ()
    said = _as_one(text, dialog, scene, lexicon, channel=channel, late=late)
    return replace(said, parts=tuple(_as_one(part, dialog, scene, lexicon) for part in parts)) if parts else said


def _as_one(
    text: str, dialog: Dialog, scene: Scene, lexicon: Lexicon, *, channel: Channel = "text", late: bool = False
) -> Said:
    whole = text
    if not late and (below := below_summary(text, dialog, scene.shelf)) is not None:
        return replace(_as_one(text, below, scene, lexicon, channel=channel, late=late), corrects=True)
    if (given := _given_apart(text, dialog, scene, lexicon)) is not None:
        below = put(dialog, given, scene).dialog
        rest = _as_one(given.rest, below, scene, lexicon, channel=channel, late=late)
        if rest.given is not None:  # the rest gives some, too
            given = Given(_joined(given, rest.given), rest.given.rest)
        return replace(rest, given=given, as_said=whole)
    text = as_confirmed(without_terms(text), dialog, scene)
    text = plain_verbs(_without_address(without_fillers(text, dialog, scene.shelf), dialog, scene))
    text = with_line_numbers(text, dialog)
    frame = parse(text, lexicon, channel=channel, expecting=expecting(dialog, scene))
    rows = read_rows(text, lexicon) if channel == "text" else ()
    spoken = channel == "voice"
    said = Said(frame, text, by_voice=spoken, rows=rows, clauses=read_clauses(text, lexicon), late=late, as_said=whole)
    said = replace(said, sides=read_sides(text, lexicon))
    said = as_listed(as_said_anew(said, lexicon), dialog, lexicon)
    said = said if said.in_full else with_question(with_wishes(said, dialog, scene, lexicon), dialog, scene, lexicon)
    named = named_in(text, lexicon) if _NAMING_FROM <= len(text) <= _NAMING_TO else ()
    said = replace(said, frame=replace(said.frame, named=named)) if named else said
    core = core_of(text, dialog, scene, lexicon) if not said.in_full and not late else ""
    return replace(said, core=_as_one(core, dialog, scene, lexicon, channel=channel)) if core else said


def _joined(one: Given, other: Given) -> dict[str, dict[str, str]]:
    """What both give, by product and field."""
    return {code: {**one.values.get(code, {}), **other.values.get(code, {})} for code in {**one.values, **other.values}}


def _given_apart(text: str, dialog: Dialog, scene: Scene, lexicon: Lexicon) -> Given | None:
    """What it gives in words of their own, for the goods put together or those that it orders."""
    state, shelf = dialog.state, scene.shelf
    if isinstance(state, Collecting | Confirming):
        if any(line.row for line in state.lines):
            return None
        ids = [line.product for line in state.lines]
    elif isinstance(state, Idle) and dialog.unpaid is None and given_apart.may_give(text, shelf):
        ids = [item.product for item in parse(text, lexicon).items]
    else:
        return None
    products = [product for code in dict.fromkeys(ids) if (product := shelf.product(code or "")) is not None]
    return given_apart.given_in(text, dialog, products, shelf)


def _without_address(text: str, dialog: Dialog, scene: Scene) -> str:
    """The message without the address that everything in the order goes to, where it is given again word by word
    beside the goods: A 某路1号，B 某路1号 are two things."""
    state = dialog.state
    if not isinstance(state, Confirming) or len(text) < _ADDRESS_CHARS:
        return text
    products = [(line, scene.shelf.product(line.product or "")) for line in state.lines]
    held = {
        line.fields[field.name]
        for line, product in products
        for field in (product.fields if product is not None else ())
        if field.kind is FieldKind.ADDRESS and field.name in line.fields
    }
    if len(held) != 1 or text.count(min(held)) == 0 or len(min(held)) < _ADDRESS_CHARS:
        return text
    rest = text.replace(min(held), " ").strip(" ,，")
    return rest if rest else text
