"""An amount that several accounts share beside another that has its own: 138…充100 139…和137…各50 is three amounts."""

import re

_ACCOUNT = r"(?<![\dA-Za-z])\d{6,20}(?![\dA-Za-z])"
_WORDS = r"[^\d\n,，。;；、和跟与及]{0,10}?"
_AND = r"\s*(?:[和跟与及、]|还有|以及)\s*"
_EACH = r"(?:都|各|分别|每个号?|一人|每人)(?:自|个)?"
_DO = r"(?:[充冲交缴来要打弄存续]|给)*(?:上|值)?"
_AMOUNT = r"(?<!\d)\d{1,4}(?!\d)(?:元|块钱?)?(?![张个份件条次月年天小分级号岁倍])(?:的?话费)?"
_GROUP = re.compile(
    rf"(?P<some>{_ACCOUNT}(?:{_AND}{_WORDS}{_ACCOUNT})+)\s*{_WORDS}(?P<each>{_EACH})?\s*(?P<amount>{_DO}{_AMOUNT})"
    rf"|(?P<apart>{_ACCOUNT}(?:[\s,，]+{_WORDS}{_ACCOUNT})+)[\s,，]*{_EACH}\s*(?P<shared>{_DO}{_AMOUNT})"
)
_OTHER = re.compile(rf"{_ACCOUNT}\s*{_WORDS}{_DO}{_AMOUNT}|{_AMOUNT}\s*{_WORDS}{_ACCOUNT}")
_JOINED = re.compile(rf"({_ACCOUNT})(?:{_AND}|[\s,，]+)")


def with_shared_amounts(text: str) -> str:
    """The message with the amount behind each account of a group; as it is where all in it share one."""
    group = _GROUP.search(text)
    if group is None or not (_OTHER.search(text, group.end()) or _OTHER.search(text[: group.start()])):
        return text
    amount = group["amount"] or group["shared"]
    each = _JOINED.sub(lambda one: f"{one[1]} {amount}，", group["some"] or group["apart"])
    return f"{text[: group.start()]}{each} {amount}，{with_shared_amounts(text[group.end() :])}".rstrip("，")
