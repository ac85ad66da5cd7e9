"""Whose a line is, by what he called its owner when he gave the number: 妈137… 爸138…, 弟弟那个算了."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from catalog.checks import fold
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from nlu.surnames import KIN

MINE = "我"
_CALLED = {
    "爸": ("爸爸", "父亲"),
    "妈": ("妈妈", "母亲"),
    "老婆": ("媳妇", "妻子"),
    "老公": ("丈夫",),
    "女儿": ("闺女",),
    "外婆": ("姥姥",),
    "外公": ("姥爷",),
    "岳母": ("丈母娘",),
    "姨": ("姨妈",),
}
_SAME = {other: word for word, others in _CALLED.items() for other in others}
_KIN = rf"(?:我|俺|咱)?(?:们|家)?的?(?P<kin>老[爸妈弟哥姐妹]|{KIN})"
_KIN_ONLY = _KIN.replace("?P<kin>", "?:")
_SAYS = "(?!们|和|跟|与|[说讲叫让问]|刚|告诉)"
_OWNER = re.compile(rf"{_KIN}{_SAYS}|(?<![帮给替])(?P<me>我自己|我(?=的|这|那|号|\d|[:：,，\s])|自己(?=的|\d)|本人)")
_AND = re.compile(r"\s*[(（]?(?:是|的|:|：|这?个?号)*")
_TO_NUMBER = re.compile(r"(?:的|手机|电话|号码?|账号|是|[:：,，\s])*")
_OF = re.compile(
    rf"(?:{_KIN}(?!们|[说讲叫让问])|(?P<me>我自己|(?<![帮给替])我(?=的(?![是])|[那这][个张份单])|(?<=[和跟与、])[我俺](?=[都也各要充改换是的]|$)|[我俺](?=[和跟与、]{_KIN_ONLY})|(?<!他)(?<!她)自己(?=的|[那这])))"
    r"(?:自己)?(?:的?[那这][个张份单条]?|的)*(?:号码?)?也?"
)
_LEAD = r"(?:[那把哦啊嗯哎]|还是|就|先|不对|等等|对了|现在|[,，])*"
_CLAUSES = re.compile(r"[\s,，。;；!！~～]+")
_SAYS_SO = re.compile(rf"^(?:我|俺)?(?:{KIN}|他|她)(?:又|刚才?)*[说讲]")
_OWNERS = rf"(?:{re.sub(r'[?]P<[a-z]+>', '?:', _OF.pattern)})"
_GOES = re.compile(
    rf"{_LEAD}{_OWNERS}(?:[和跟与、]{_OWNERS})*(?:就|先|都|还是|那)*(?:算了|(?:不|别)(?:想|打算)?[要用充买弄交订]|取消|[去删]掉|不需要)了?[吧啊]*"
    rf"|{_LEAD}(?:不|别)(?:再)?[给帮]{_OWNERS}[充买弄交订](?:值|钱)?了?[吧啊]*"
)
_MORE_THAN_WHY = re.compile(r"[\d改换加来买订留第要只?？吗呢]|多少|什么")
_CHANGES = re.compile(rf"{_LEAD}给?{_OWNERS}(?:就|都)*[改换]")


def owner(found: re.Match[str]) -> str:
    """What this word for somebody is the same as: 爸爸, 老爸 and 爸."""
    if found["me"]:
        return MINE
    word = re.sub("^老(?=[爸妈弟哥姐妹])", "", found["kin"])
    word = word[0] if len(word) == 2 and word[0] == word[1] else word
    return _SAME.get(word, word)


def noted(before: Dialog, text: str, dialog: Dialog) -> Dialog:
    """The dialog with whose each line is, where he said it beside the number."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return dialog
    earlier = before.state.lines if isinstance(before.state, Collecting | Confirming) else ()
    earlier = earlier or (before.unpaid.lines if before.unpaid is not None else ())
    known = {value: line.whose for line in earlier if line.whose for value in _values(line)}
    told = _told(fold(text), _apart(state.lines)) if len(text) <= 300 else {}
    lines = tuple(_with_owner(line, known, told) for line in state.lines)
    if all(one.whose == other.whose for one, other in zip(lines, state.lines, strict=True)):
        return dialog
    return replace(dialog, state=replace(state, lines=lines))


def _with_owner(line: DraftLine, known: Mapping[str, str], told: Mapping[str, str]) -> DraftLine:
    values = _values(line)
    whose = next((by[value] for by in (told, known) for value in values if value in by), line.whose)
    return line if whose == line.whose else replace(line, whose=whose)


def _values(line: DraftLine) -> list[str]:
    return [fold(value) for value in line.fields.values() if len(value) > 1]


def _apart(lines: Sequence[DraftLine]) -> set[str]:
    """What is given for some lines and not for all of them."""
    each = [set(_values(line)) for line in lines]
    shared = each[0].intersection(*each[1:]) if len(each) > 1 else set[str]()
    return each[0].union(*each[1:]) - shared


def _told(text: str, values: set[str]) -> dict[str, str]:
    """Whose each value is: as said before each of them, or behind each."""
    places = sorted((text.find(value), value) for value in values if value in text)
    starts = [at for at, _ in places]
    ends = [at + len(value) for at, value in places]
    between = [text[end:start] for end, start in zip([0, *ends], [*starts, len(text)], strict=True)]
    if not places or any(start < end for start, end in zip(starts[1:], ends[:-1], strict=True)):
        return {}
    behind = [_behind(words) for words in between[1:]]
    if not _one_owner(between[0]) and all(behind):
        return {value: whose for (_, value), whose in zip(places, behind, strict=True)}
    before = [_one_owner(words) for words in between[:-1]]
    return {value: whose for (_, value), whose in zip(places, before, strict=True) if whose}


def _one_owner(words: str) -> str:
    """Whose it is that stands behind these words; of several (帮我爸妈各充50 爸138…) the one right before it."""
    found = list(_OWNER.finditer(words))
    if len({owner(one) for one in found}) == 1 or (found and _TO_NUMBER.fullmatch(words, found[-1].end())):
        return owner(found[-1])
    return ""


def _behind(words: str) -> str:
    lead = _AND.match(words)
    found = _OWNER.match(words, lead.end() if lead is not None else 0)
    return owner(found) if found is not None else ""


def owned(lines: Sequence[DraftLine], said: str, at: int) -> tuple[int, frozenset[int]] | None:
    """The words at this place that mean somebody's lines: (where they end, which lines)."""
    found = _OF.match(said, at)
    if found is None or not any(line.whose for line in lines):
        return None
    whose = owner(found)
    hit = frozenset(i for i, line in enumerate(lines) if line.whose == whose)
    left = [i for i, line in enumerate(lines) if not line.whose]
    if not hit and whose == MINE and len(left) == 1 < len(lines):
        hit = frozenset(left)  # 给我充50 给我妈充100: the other is his own
    same = {tuple(sorted(_values(lines[i]))) for i in hit}
    return (found.end(), hit) if hit and (len(same) == 1 or len(hit) == 1) else None


def let_go(lines: Sequence[DraftLine], text: str) -> frozenset[int] | None:
    """The lines that go by 弟弟那个算了 他自己有钱, and nothing besides; empty where nobody knows which those are."""
    first, *why = [fold(clause) for clause in _CLAUSES.split(text) if clause] or [""]
    said = _SAYS_SO.sub("", first)
    found = _GOES.fullmatch(said)
    if found is None or len(lines) < 2 or any(_MORE_THAN_WHY.search(clause) for clause in why):
        return None
    hit: set[int] = set()
    for one in _OF.finditer(said):
        those = owned(lines, said, one.start())
        if those is None:
            return frozenset() if one["kin"] or any(line.whose for line in lines) else None
        hit |= those[1]
    return frozenset(hit) if hit else None


def changes_somebodys(text: str) -> bool:
    """爸也改成100, 我妈的换100."""
    return _CHANGES.match(fold(text)) is not None
