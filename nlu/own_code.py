"""Free text that has a form of its own (抖音号, 微信号 with a pattern), where it stands in a message."""

import re

from nlu.accounts import accept, matches
from nlu.lexicon import FieldWords, ProductIndex
from nlu.seen import Seen

_SAID = re.compile(r"(?:号码?)?(?:就?是|为|叫|就|写|给[你您]|发[你您]|[:=\s,，])*([!-~]+)")
_TOKEN = re.compile(r"(?<![A-Za-z0-9_.@-])[A-Za-z0-9](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_-])?(?![A-Za-z0-9_@-])")
_TYPED = re.compile(r"\d|[_.-]|[a-z][A-Z]|[A-Z]{2}[a-z]")
"""What no word has: a plain english one is not believed to be an account."""
_CLOSING = ",.;!?)"


def behind_label(cased: str, place: int, patterns: tuple[str, ...]) -> tuple[int, int] | None:
    """Find what stands right behind a label and has the catalog's form: 抖音号是CdY2Wfk, whatever follows."""
    found = _SAID.match(cased, place)
    if found is None:
        return None
    start, end = found.span(1)
    for stop in (end, end - (len(found[1]) - len(found[1].rstrip(_CLOSING)))):
        if any(matches(pattern, cased[start:stop]) for pattern in patterns):
            return start, stop
    return None


def standing_code(product: ProductIndex, seen: Seen) -> dict[str, str]:
    """Give the texts with the one code that stands without its label, where one field alone can be meant.

    充3000抖币 boss_li88: nothing in the catalog is called so, and an account of that form is asked for.
    """
    open_fields = [f for f in product.words.fields if _wanted(f, seen)]
    if len(open_fields) != 1:
        return seen.texts
    (field,) = open_fields
    form = field.form or ""
    spans = [(m.start, m.end) for m in seen.mentions] + [(r.start, r.end) for r in seen.refs] + seen.text_spans
    spans += [(a.start, a.end) for a in seen.amounts if a.unit or a.word]
    others = [f for f in product.account_fields if f.name != field.name]
    spans += [(a.start, a.end) for a in seen.accounts if any(accept(f, a.said) for f in others)]
    found = [
        token
        for token in _TOKEN.finditer(seen.cased)
        if _TYPED.search(token[0])
        and matches(form, token[0])
        and not any(s < token.end() and token.start() < e for s, e in spans)
    ]
    if len({token[0] for token in found}) != 1:
        return seen.texts
    token = found[0]
    seen.amounts = [a for a in seen.amounts if a.end <= token.start() or token.end() <= a.start]
    seen.accounts = [a for a in seen.accounts if a.end <= token.start() or token.end() <= a.start]
    return {**seen.texts, field.name: token[0]}


def _wanted(field: FieldWords, seen: Seen) -> bool:
    """Tell whether a field of free text has a form, must be given, and has not been given."""
    if field.kind != "text" or field.form is None or field.optional or field.name in seen.texts:
        return False
    return not any(accept(field, account.said) for account in seen.accounts) or not field.coded
