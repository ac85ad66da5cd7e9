"""What a reading went by: filled only when somebody asks for it (`kabot parse --explain`), by the parser itself."""

from dataclasses import dataclass, field

from nlu.amounts import Amount, settle
from nlu.deciding import Verdict, Wording, ruled_out
from nlu.frame import Intent, Item
from nlu.lexicon import Lexicon
from nlu.phrases import Mention
from nlu.seen import Seen

MOST_GOODS = 6
"""More competing goods than this explain nothing."""
_KINDS = {
    "value": "an amount", "months": "a length of time", "count": "how many", "word": "a SKU's own name",
    "none": "a number that names no amount",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """Words of the message, what they were taken for, and what found them."""

    start: int
    end: int
    words: str
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one amount would mean for one product; `means` is empty when it cannot be one of its denominations."""

    product: str
    words: str
    means: str
    won: bool


@dataclass(slots=True)
class Trace:
    """The evidence behind one frame, in the order in which it came up."""

    text: str = ""
    blanked: str = ""
    """The message with every slot as one letter: all that the intent model sees."""
    found: list[Found] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    """Words that did not count, and why."""
    intents: list[tuple[float, Intent, str]] = field(default_factory=list)
    """The competing readings of the wording with their probability, and what ruled one out."""
    goods: list[Weighed] = field(default_factory=list)
    why: str = ""
    _present: dict[tuple[int, int], str] = field(default_factory=dict)

    def saw(self, seen: Seen) -> None:
        """Take down everything that was found before it is read as a whole."""
        self.text = seen.text
        for mention in seen.mentions:
            if not mention.entry.foreign:
                self._add(mention.start, mention.end, _meaning(mention), _matcher(mention))
        for ref in seen.refs:
            if ref.foreign:
                self.dropped.append((seen.text[ref.start : ref.end], "off catalog: not sold here"))
        for account in seen.accounts:
            self._add(account.start, account.end, f"account {account.said}", _CALLED.get(account.cue, account.cue))
        for amount in seen.amounts:
            if amount.kind == "none":
                self.dropped.append((seen.text[amount.start : amount.end], _KINDS["none"]))
            else:
                self._add(amount.start, amount.end, _KINDS[amount.kind], f"{amount.number or amount.word}{amount.unit}")
        for name, said in seen.texts.items():
            place = seen.cased.find(said)
            self._add(place, place + len(said), f"text for {name.lstrip('=')}", "by its label or shape")
        self.found.sort(key=lambda one: one.start)
        self._present = _present(seen)

    def _add(self, start: int, end: int, what: str, how: str) -> None:
        self.found.append(Found(start, end, self.text[start:end], what, how))

    def decided(self, said: Wording, verdict: Verdict) -> None:
        """Take down how the wording was ranked and which rule, or which rank, won."""
        self.blanked = said.blanked
        self.intents = [(p, intent, ruled_out(p, intent, said)) for p, intent in said.ranked[:5]]
        self.why = verdict.why

    def left(self, seen: Seen, why: str) -> None:
        """Take down what is no longer there since the last look."""
        present = _present(seen)
        self.dropped += [(words, why) for span, words in self._present.items() if span not in present]
        self._present = present

    def weighed(self, seen: Seen, lexicon: Lexicon, items: tuple[Item, ...]) -> None:
        """Take down what each amount would have meant for each of the goods in question."""
        won = {item.product for item in items}
        asked = [pid for ref in seen.refs for pid in ((ref.product,) if ref.product else ref.candidates)]
        for pid in list(dict.fromkeys([*asked, *filter(None, won)]))[:MOST_GOODS]:
            for amount in seen.amounts:
                if amount.kind != "none":
                    words = seen.text[amount.start : amount.end]
                    self.goods.append(Weighed(pid, words, _settled(lexicon, pid, amount), pid in won))


def _present(seen: Seen) -> dict[tuple[int, int], str]:
    spans = [(account.start, account.end) for account in seen.accounts]
    spans += [(amount.start, amount.end) for amount in seen.amounts if amount.kind != "none"]
    spans += [(ref.start, ref.end) for ref in seen.refs if not ref.foreign]
    return {(start, end): seen.text[start:end] for start, end in spans if end > start}


def _settled(lexicon: Lexicon, pid: str, amount: Amount) -> str:
    settled = settle(lexicon.products[pid], amount)
    if settled is None:
        return ""
    if settled.count is not None:
        return f"×{settled.count}"
    skus = "/".join(sku.code for sku in (settled.skus or ())[:4]) or "not on sale"
    return f"{settled.value if settled.value is not None else '–'} → {skus}"


def _meaning(mention: Mention) -> str:
    entry = mention.entry
    told = [
        *(f"product {pid}" for pid in entry.products[:4]),
        *(f"category of {pid}" for pid in entry.categories[:4]),
        *(f"short for {pid}" for pid in entry.shorthand[:4]),
        *(f"option {name}={chosen}" for name, chosen in entry.options[:4]),
        *(f"choice {name}={chosen}" for name, chosen in entry.choices[:4]),
        *(f"SKU of {pid}" for pid in entry.skus[:4]),
    ]
    return ", ".join(told)


def _matcher(mention: Mention) -> str:
    if mention.near:
        return f"a slip for {mention.word}" + (", which only suggests" if mention.weak else "")
    return "as written" if mention.exact else f"heard as {mention.word}"


_CALLED = {
    "": "by its digits", "any": "called a number or account", "qq": "called QQ", "phone": "called a phone",
    "uid": "called a UID", "card": "called a card number", "email": "by its @",
}  # fmt: skip
