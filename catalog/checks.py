"""Checks what a buyer gave for a field, and words what is wrong with it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from catalog.model import Choice, Field, FieldKind
from catalog.patterns import fixed_width, matches

RAW_CHARS_MAX = 500
TEXT_CHARS_MAX = 100
ADDRESS_CHARS_MAX = 200

_PHONE = re.compile(r"1[3-9][0-9]{9}")
_EMAIL = re.compile(r"[0-9A-Za-z._%+-]{1,64}@[0-9A-Za-z](?:[0-9A-Za-z.-]{0,120})\.[A-Za-z]{2,24}")
_ACCOUNT = re.compile(r"[0-9A-Za-z_.@#-]{1,64}")
_ACCOUNT_CHARS_MAX = 64
_CARD_NO = re.compile(r"[0-9A-Za-z]{4,32}")
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―_.·•()]+")
_GIVEN_CHARS_MAX = 30
_AS_TYPED = (FieldKind.TEXT, FieldKind.ADDRESS)


@dataclass(frozen=True, slots=True)
class Valid:
    """The value passes; `canonical` is how it is stored and sent on."""

    canonical: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """The value fails; `reason_zh` is what the buyer is told."""

    reason_zh: str


def check_field(field: Field, raw: str) -> Valid | Invalid:
    """Check one value as typed (spaces, full-width digits and all) against the field's kind and pattern."""
    if len(raw) > RAW_CHARS_MAX:
        return Invalid(f"{field.label}太长了，您输入了{len(raw)}个字")
    # An account is digits however they are typed; an address keeps its own punctuation.
    text = raw.strip() if field.kind in _AS_TYPED else unicodedata.normalize("NFKC", raw).strip()
    if not text:
        return Invalid(f"{field.label}不能为空")
    checked = _CHECKS[field.kind](field, text)
    if isinstance(checked, Invalid) or field.pattern is None or field.kind is FieldKind.CHOICE:
        return checked
    if matches(field.pattern, checked.canonical):
        return checked
    width = fixed_width(field.pattern)
    if width is not None and width != len(checked.canonical):
        return Invalid(f"{field.label}应为{width}位，您输入了{len(checked.canonical)}位")
    return Invalid(f"{field.label}格式不对，请核对后重新输入")


def _phone(field: Field, text: str) -> Valid | Invalid:
    digits = _without_separators(text)
    if not _is_digits(digits.removeprefix("+")):
        return Invalid(f"{field.label}应为11位数字")
    digits = _without_country_code(digits)
    if len(digits) != 11:
        return Invalid(f"{field.label}应为11位，您输入了{len(digits)}位")
    if not _PHONE.fullmatch(digits):
        return Invalid(f"{field.label}应以13到19开头，您输入的以{digits[:2]}开头")
    return Valid(digits)


def _qq(field: Field, text: str) -> Valid | Invalid:
    digits = _without_separators(text)
    if not _is_digits(digits):
        return Invalid(f"{field.label}应为5到11位数字")
    if digits.startswith("0"):
        return Invalid(f"{field.label}不能以0开头")
    if not 5 <= len(digits) <= 11:
        return Invalid(f"{field.label}应为5到11位，您输入了{len(digits)}位")
    return Valid(digits)


def _phone_or_qq(field: Field, text: str) -> Valid | Invalid:
    phone = _phone(field, text)
    if isinstance(phone, Valid):
        return phone
    qq = _qq(field, text)
    if isinstance(qq, Valid):
        return qq
    digits = _without_separators(text)
    if not _is_digits(digits):
        return Invalid(f"{field.label}应为11位手机号或5到11位QQ号")
    return Invalid(f"{field.label}应为11位手机号或5到11位QQ号，您输入了{len(digits)}位")


def _uid(field: Field, text: str) -> Valid | Invalid:
    account = re.sub(r"\s+", "", text)
    by_pattern = field.pattern is not None and account.isprintable() and len(account) <= _ACCOUNT_CHARS_MAX
    if not by_pattern and not _ACCOUNT.fullmatch(account):  # a pattern may want more: a number plate begins with 京
        return Invalid(f"{field.label}应为数字或字母，不超过64位")
    return Valid(account)


def _card_no(field: Field, text: str) -> Valid | Invalid:
    number = _without_separators(text)
    if not (number.isascii() and number.isalnum()):
        return Invalid(f"{field.label}应为数字或字母")
    if not _CARD_NO.fullmatch(number) and (field.pattern is None or fixed_width(field.pattern) is None):
        return Invalid(f"{field.label}应为4到32位，您输入了{len(number)}位")
    return Valid(number)


def _email(field: Field, text: str) -> Valid | Invalid:
    address = re.sub(r"\s+", "", text)
    if not _EMAIL.fullmatch(address) or ".." in address:
        return Invalid(f"{field.label}格式不对，应类似 name@example.com")
    return Valid(address)


def _text(field: Field, text: str) -> Valid | Invalid:
    return _words(field, text, 1, TEXT_CHARS_MAX)


def _address(field: Field, text: str) -> Valid | Invalid:
    return _words(field, text, 5, ADDRESS_CHARS_MAX)


def _words(field: Field, text: str, least: int, most: int) -> Valid | Invalid:
    line = " ".join(text.split())
    if not line.isprintable():
        return Invalid(f"{field.label}里有无法识别的字符，请重新输入")
    if len(line) < least:
        return Invalid(f"{field.label}太短，请写完整")
    if len(line) > most:
        return Invalid(f"{field.label}最多{most}个字，您输入了{len(line)}个字")
    return Valid(line)


def _choice(field: Field, text: str) -> Valid | Invalid:
    wanted = fold(text)
    fitting = [choice for choice in field.values if wanted in _names(choice)]
    if len(fitting) == 1:
        return Valid(fitting[0].id)
    labels = "、".join(choice.label for choice in fitting or field.values[:20])
    given = text if len(text) <= _GIVEN_CHARS_MAX else f"{text[:_GIVEN_CHARS_MAX]}…"
    if fitting:
        return Invalid(f"{field.label}“{given}”可能是{labels}，请说明是哪一个")
    return Invalid(f"{field.label}没有“{given}”，可选：{labels}")


def _names(choice: Choice) -> set[str]:
    return {fold(name) for name in (choice.id, choice.label, *choice.aliases)}


@lru_cache(maxsize=4096)  # one turn asks a dozen times, mostly about the catalog's own names
def fold(text: str) -> str:
    """Make two spellings of one name equal: width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _without_separators(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _without_country_code(digits: str) -> str:
    for prefix in ("+86", "0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            return digits.removeprefix(prefix)
    return digits.removeprefix("+")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


_CHECKS: dict[FieldKind, Callable[[Field, str], Valid | Invalid]] = {
    FieldKind.PHONE: _phone,
    FieldKind.QQ: _qq,
    FieldKind.PHONE_OR_QQ: _phone_or_qq,
    FieldKind.UID: _uid,
    FieldKind.CARD_NO: _card_no,
    FieldKind.EMAIL: _email,
    FieldKind.TEXT: _text,
    FieldKind.CHOICE: _choice,
    FieldKind.ADDRESS: _address,
}
