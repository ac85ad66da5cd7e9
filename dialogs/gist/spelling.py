"""Names and free texts of a field given anew: 名字错了个字 李健国 康健的健, 贺卡上要写 岁岁平安."""

import re

from catalog.checks import Valid, check_field
from catalog.model import Field, FieldKind
from dialogs.gist.clauses import PEOPLE, Clauses, asks
from nlu.code_labels import code_in
from nlu.surnames import NO_NAME, SURNAMES

_OF_A_NAME = re.compile("姓名|名字|(?<![品域])[名人主者员]$")
_SPEAKS_OF_NAME = re.compile(
    rf"名字?|姓|叫|[个错]字|字[错打写]|[打写]错|人[是换改写填用得要]|[写填报用换][她他我]|不是我|(?<![他她这那])(?:是|换|写|填|给|替|帮)(?:成|了|我)*{PEOPLE}"
    rf"|{PEOPLE}(?:去|来|学|考|上|坐|用|玩|住|参加)"
)
_NAME = re.compile(
    rf"(?:.{{0,8}}?(?P<said>是|叫|写|成|为|用|填|报|换|[:：]|{PEOPLE})的?(?:名字?)?)?([\u4e00-\u9fff]{{2,4}}?)(?:才对|才是|[吧啊哈哦呀]|来?的?|签收?|[去来]?[学考用坐住玩上]?)?"
)
_NO_NAME = re.compile("错|不|没|的|了|个|字|名|姓|人|我|他|她|这|那|[打写填]|才|应|谢|麻烦|方便|时候|常|高兴")
_ORDINARY = re.compile(NO_NAME)
_OF_WORD = re.compile(r"(?P<word>[\u4e00-\u9fff]{2,4})的(?P<char>[\u4e00-\u9fff])(?![\u4e00-\u9fff]{2})")
_NOT_BEFORE = re.compile("不是$|[打写填]成了?$|错成$")
_WRITES = (
    "(?:上面?|里面?|那里?|内容|那儿)?(?:就|请|要|给我|帮我|麻烦|都|得|再)*+"
    "(?:写上?|填上?|印上?|备注|改成?|换成?|是|加上?|放)(?:一?句|个|成|上|[:：])?"
)


def name_in(one: Field, old: str, clauses: Clauses) -> tuple[str, tuple[str, ...]] | None:
    """(the name that a message puts right, the words of it)."""
    if one.kind is not FieldKind.TEXT or one.pattern is not None or not _OF_A_NAME.search(one.label):
        return None
    if not _SPEAKS_OF_NAME.search(clauses.said) or not old or len(clauses.said) > 40:
        return None
    found = [
        (name, part)
        for at, part in enumerate(clauses.parts)
        if (name := _named(part, old, " ".join(clauses.parts[max(0, at - 1) : at + 2]))) is not None
    ]
    names = {name for name, _ in found if name != old}
    if len(names) == 1:
        words = [part for part in clauses.parts if _OF_WORD.search(part) or part in [p for _, p in found]]
        return next(iter(names)), tuple(words)
    spelt = _spelt(old, clauses.said) if not names else None
    return (spelt, clauses.parts) if spelt is not None else None


def _named(part: str, old: str, beside: str) -> str | None:
    found = _NAME.fullmatch(part)
    if found is None:
        return None
    name = found[2]
    if (
        name[0] not in SURNAMES
        or _NO_NAME.search(name)
        or _ORDINARY.match(name)
        or _NOT_BEFORE.search(part[: -len(name)])
    ):
        return None
    alike = len(name) == len(old) and sum(a == b for a, b in zip(name, old, strict=True)) >= len(old) - 1
    said = found["said"] is not None or _SPEAKS_OF_NAME.search(beside) is not None
    return name if alike or (said and len(name) in (2, 3)) else None


def _spelt(old: str, said: str) -> str | None:
    """是健康的健 不是建设的建: the one character of the name that is said to be another."""
    found = [(one["word"], one["char"], said[: one.start()]) for one in _OF_WORD.finditer(said)]
    chars = [(char, _NOT_BEFORE.search(before) is not None) for word, char, before in found if char in word]
    new = {char for char, refused in chars if not refused and char not in old}
    was = {char for char, refused in chars if char in old}
    was |= {c for c in re.findall(r"(?:不是|那个)([\u4e00-\u9fff])(?![\u4e00-\u9fff]的)", said) if c in old}
    if len(new) != 1 or len(was) != 1 or old.count(next(iter(was))) != 1:
        return None
    return old.replace(next(iter(was)), next(iter(new)))


def text_in(one: Field, old: str, said: str) -> tuple[str, tuple[str, ...]] | None:
    """(what a free text is to be, the words), where it is called by a part of its label: 贺卡上要写 岁岁平安."""
    if one.kind is not FieldKind.TEXT or one.pattern is not None or _OF_A_NAME.search(one.label):
        return None
    if code_in(one.label, said):
        return None  # 上网账号是stu_2025X 前面那些字去掉: the code alone (field_changes.code_changed)
    stem = re.escape(one.label[:2])
    called = rf"(?:{re.escape(one.label)}|{stem})" if len(one.label) > 2 else stem
    found = re.search(
        rf"{called}(?:{_WRITES}|(?:内容)?[:：])[\s,，:：]*(?P<text>[^,，。;；\n]+?)(?:[吧哈哦]|就行|就好|谢谢)*$", said
    )
    if found is None or asks(said):
        return None
    checked = check_field(one, found["text"].strip(" \"'「」“”"))
    return (checked.canonical, (found[0],)) if isinstance(checked, Valid) and checked.canonical != old else None
