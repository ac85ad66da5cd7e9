"""What was found in one message, before it is read as a whole: what every later step looks at and narrows."""

import re
from dataclasses import dataclass, field

from nlu.accounts import Account
from nlu.amounts import Amount
from nlu.phrases import Mention
from nlu.segments import Segment, Segmenter
from nlu.telling import Piece, tells_when, told


@dataclass(frozen=True, slots=True)
class Ref:
    """Words that point at a product: settled (`product`), one of several (`candidates`), or something not sold here."""

    start: int
    end: int
    word: str
    product: str | None = None
    candidates: tuple[str, ...] = ()
    foreign: bool = False
    weak: bool = False
    """Only suggested by a short name nearly typed: it stays a candidate, even alone."""

    @property
    def pid(self) -> str:
        """The product's id; "" when none is settled."""
        return self.product or ""


@dataclass(slots=True)
class Seen:
    """Everything found in one message, before it is read as a whole."""

    text: str
    cased: str
    mentions: list[Mention] = field(default_factory=list)
    refs: list[Ref] = field(default_factory=list)
    amounts: list[Amount] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    text_spans: list[tuple[int, int]] = field(default_factory=list)
    """Where addresses and other free text stand."""
    more_places: list[tuple[int, int, str]] = field(default_factory=list)
    """Where further addresses stand, and what they are: one parcel to each of two people."""
    aside: list[Mention] = field(default_factory=list)
    """Choices said by the way, or of one of several people: 大人的4101…，小孩的4102…."""
    refused: list[Mention] = field(default_factory=list)
    """Options and choices that were refused: none of them is filled in, not even as the usual one."""
    unplaced: bool = False
    """Goods are named that the shop does not know: a unit must not stand for one of its own."""
    segmenter: Segmenter | None = None
    _segments: list[Segment] | None = None
    _told: list[Piece] | None = None

    @property
    def told(self) -> list[Piece]:
        """The pieces of the message that tell of something and ask for nothing; free text is no talk."""
        if self._told is None:
            spans = [*self.text_spans]
            pieces = told(self.text)
            chosen = [(m.start, m.end) for m in self.mentions if m.entry.options or m.entry.choices]
            for piece in pieces:
                times = tells_when(
                    self.text[slice(*piece)].strip()
                )  # 周三晚上: a choice of theirs, or all that is said
                if self.accounts and _TOPS_UP_NOW.search(self.text, *piece):
                    spans.append(piece)  # all in one breath: 他手机没钱了充个一百块吧号码是…
                if times and (len(pieces) == 1 == len(CLAUSE.findall(self.text)) or _inside_any(piece, chosen)):
                    spans.append(piece)
            self._told = [p for p in pieces if not any(s < p[1] and p[0] < e for s, e in spans)]
        return self._told

    def tells(self, place: int) -> bool:
        """Tell whether what stands here is only told of."""
        return any(start <= place < end for start, end in self.told)

    @property
    def segments(self) -> list[Segment]:
        """The message's words (jieba), split when first asked for and at most once."""
        if self._segments is None:
            self._segments = self.segmenter.split(self.text) if self.segmenter else []
        return self._segments


BREAK = re.compile(r"[,，。;；!！?？\n~]")
_TOPS_UP_NOW = re.compile("(?<![过已经])[充冲交缴](?:个|点)(?=[\\d一二两三四五六七八九十百])(?![^,，。]{1,8}了)")
CLAUSE = re.compile(r"[^,，。;；!！?？\n~]+")


def _inside_any(piece: Piece, spans: list[Piece]) -> bool:
    return any(piece[0] <= start and end <= piece[1] for start, end in spans)


def chooses(mention: Mention) -> bool:
    return bool(mention.entry.options or mention.entry.choices or mention.entry.skus)


def slot_names(mention: Mention) -> list[str]:
    return [name for name, _ in (*mention.entry.options, *mention.entry.choices)]
