"""Accounts in a text: phones in groups or read out, QQ, UIDs, card numbers, e-mail; and numbers that are none."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from dataclasses import dataclass

from nlu.lexicon import FieldWords, Lexicon

_DIGIT = {
    char: str(value)
    for value, chars in enumerate(("0零〇洞", "1一幺", "2二两", "3三", "4四", "5五", "6六", "7七拐", "8八", "9九"))
    for char in chars
}
_HEARD = {
    **dict.fromkeys("妖腰邀要", "1"), **dict.fromkeys("而儿耳尔", "2"), **dict.fromkeys("山删散", "3"), **dict.fromkeys("是事寺丝司", "4"),
    **dict.fromkeys("我午武舞无", "5"), **dict.fromkeys("溜流刘留", "6"), **dict.fromkeys("气起其妻期", "7"), **dict.fromkeys("把吧巴爸", "8"),
    **dict.fromkeys("酒就久勾", "9"), **dict.fromkeys("灵凌林另玲", "0"),
}  # fmt: skip
"""Homophones that speech recognition writes for a digit; believed only deep inside a row of digits."""

_ROW = "".join(_DIGIT)
_GROUP = re.compile(rf"[{_ROW}](?:[{_ROW}]|[{''.join(_HEARD)}](?=[{_ROW}]))*")
_SCALES = "十百千万"
_SOFT = re.compile(r"[ \-·.~_/]{1,3}$")
_HARD = re.compile(r"[ \-·.~,，、:;…。]{1,3}$")
_PHONE = re.compile(r"1[3-9]\d{9}$")
_LETTER = re.compile("[a-z]")
_ABROAD = re.compile(r"(?:00?)?86(?=1[3-9]\d{9}$)")
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*", re.I)
"""Whatever has an @: one without a domain's dot fails its field's check, and is told so."""
_TOKEN = re.compile(r"(?<![a-z0-9])(?=[a-z0-9_-]*\d)(?=[a-z0-9_-]*[a-z])[a-z0-9][a-z0-9_-]{3,31}(?![a-z0-9])", re.I)

_SAME_AS = re.compile(r"(?:qq|扣扣)(?:号码?)?(?:就是|也是|就|跟|和|同|用)(?:我的|我)?(?:手机|电话)(?:号码?)?")
_BLOCKED = re.compile(
    r"(?P<what>验证码|校验码|订单号?|单号|尾号|尾数|后四位|密码|身份证号?|邮编|工单|流水号|单子|快递号?|编码|口令|邀请码|取[件货餐票]码|[登密]码|工号|群号|桌号|床号|座号|航班号?|车次|会议号|门禁|机身号|保单号?|房号|房间号|门牌号|车牌号?|座位号|生日|户口)(?:号|码|是|为|[:：\s#,，]|后四位|no\.?)*(?:[a-z]{1,4}-?)?$"
)
_CUE = re.compile(
    r"(?:(?P<qq>qq|扣扣|扣号|企鹅号|企鹅|球球|(?<![a-z])q)|(?P<phone>手机|电话|联通|移动|电信|mobile|phone|tel|手机尾)|(?P<uid>uid|游戏id|角色id|(?<![a-z])id|玩家id)"
    r"|(?P<card>卡号|学号|工号|证号|一卡通号|会员号|加油卡号)|(?P<email>邮箱|email|mail)|(?P<any>账号|帐号|账户|号码|(?<![个每])号|充到|充给|冲到|给到|打到|充进))"
    r"(?:号码|号|码)?(?:就是|还是|是|为|[:=\s,，。]|这个|那个|呢个|的|写|填|报一下|你记一下|记一下|我的|发你|给你|给|呢|啊|嘛|换成|改成|改为)*$"
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account that was said. `cue` is what the words around call it: qq, phone, uid, card, email, any, "" or a field's name."""

    start: int
    end: int
    said: str
    cue: str = ""


@dataclass(frozen=True, slots=True)
class _Group:
    start: int
    end: int
    digits: str
    spoken: bool


_CHECKS = {
    "phone": re.compile(r"1[3-9]\d{9}"),
    "qq": re.compile(r"[1-9]\d{4,10}"),
    "phone_or_qq": re.compile(r"1[3-9]\d{9}|[1-9]\d{4,10}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "card_no": re.compile(r"\d{8,22}"),
    "uid": re.compile(r"[A-Za-z0-9_-]{4,24}"),
}
_ANYTHING = re.compile(r".{1,64}")


def accept(entry: FieldWords, said: str) -> bool:
    """Check one account against its field's kind and pattern."""
    own = entry.pattern is not None and entry.kind in ("card_no", "uid")
    check = _ANYTHING if own else _CHECKS.get(entry.kind)
    if check is not None and not check.fullmatch(said):
        return False
    return entry.pattern is None or matches(entry.pattern, said)


def matches(pattern: str, said: str) -> bool:
    """Match a catalog's own pattern; one that is no regular expression matches nothing."""
    try:
        return len(said) <= 64 and re.search(pattern, said) is not None and re.fullmatch(pattern, said) is not None
    except re.error:
        return False


_MAY_HOLD = re.compile(rf"[\d@]|(?:[{_ROW}][ ,，、-]*){{3}}|[{_ROW}][a-z][{_ROW}]")
"""Without a digit, an @ or three digits in words there is no account."""


def find_accounts(text: str, cased: str, lexicon: Lexicon, taken: bytearray) -> list[Account]:
    """Find every account; marks all characters it explains, numbers that are no accounts (订单号 …) included, in `taken`."""
    if not _MAY_HOLD.search(text):
        return []
    found: list[Account] = []
    for match in _EMAIL.finditer(text) if "@" in text else ():
        found.append(Account(match.start(), match.end(), cased[match.start() : match.end()], "email"))
    for match in _TOKEN.finditer(cased) if _LETTER.search(text) else ():
        if not any(taken[match.start() : match.end()]) and not _inside(found, match.start()):
            value = _behind_its_head(match[0], lexicon)
            if value:  # 应用IDAPP331497; the digits of UID598210972 are read below
                begin = match.end() - len(value)
                if not value.isdecimal():
                    said = _by_pattern(value, lexicon) or value
                    found.append(Account(begin, match.end(), said, _cue_before(text, begin, lexicon)))
                continue
            cue = _cue_before(text, match.start(), lexicon)
            called = cue.startswith("=") or cue in ("card", "uid")
            headed = _LED.match(match[0]) is not None  # qq667788
            known = None if headed and match[0][2:].isdecimal() and not called else _by_pattern(match[0], lexicon)
            token = known or (match[0] if called and not headed else None)
            start = match.start()
            if not cue and start and "\u4e00" <= text[start - 1] <= "\u9fff":  # 车牌号晋A123
                led = _cue_before(text, start - 1, lexicon)
                if led in lexicon.coded_cues:
                    start, cue, token = start - 1, led, cased[start - 1 : match.end()]
            if token:
                found.append(Account(start, match.end(), token, cue))
    joined, places = without_dot(_raised(cased) if lexicon.shapes else "")
    for shape in lexicon.shapes:
        for match in shape.finditer(joined):
            glued = match[0][:1] in _NO_PROVINCE  # 不是W102939 is no plate
            start, end = places[match.start()], places[match.end() - 1] + 1
            headed = _LED.match(match[0]) is not None and match[0][2:].isdecimal()
            if (
                headed
                or _behind_its_head(match[0], lexicon)
                or (match[0].isalpha() and match[0].isascii() and not _cue_before(text, start, lexicon))
            ):
                continue  # qq66778899; luckin
            if match[0] and not glued and not any(a.start < end and start < a.end for a in found) and not taken[start]:
                coded = next((f"={entry.name}" for entry in lexicon.coded if accept(entry, match[0])), "")
                cue = coded or _cue_before(text, start, lexicon)
                as_typed = shape.fullmatch(cased[start:end]) is not None
                found.append(Account(start, end, cased[start:end] if as_typed else match[0], cue))
    for account in found:
        _take(taken, account.start, account.end)
    groups = _groups(text, taken)
    i = 0
    while i < len(groups):
        blocked = _BLOCKED.search(text[max(0, groups[i].start - 14) : groups[i].start])
        count, said = (1, groups[i].digits) if blocked and _counts_lines(groups, i) else _join(groups, i, text, lexicon)
        start, end = groups[i].start, groups[i + count - 1].end
        i += count
        if blocked and not any(blocked["what"].removesuffix("号") in label for label in lexicon.asked_labels):
            _take(taken, start, end)
            continue
        start, said = _without_86(text, start, said)
        cue = _cue_before(text, start, lexicon) or _cue_after(text, end)
        letters = _LETTERS.search(text[max(0, start - 8) : start])
        if letters and (_LED.match(letters[1]) or letters[1] == "q" or letters[1] in lexicon.units):
            letters = None  # QQ 667788, 1G 138…
        if letters and any(taken[start - len(letters[0]) : start]):
            letters = None  # 酷狗VIP 138…: the end of a name
        lettered = _by_pattern(letters[1].replace(" ", "") + said, lexicon) if letters else None
        if lettered and letters:  # VP，零零七七八八
            start, said = start - len(letters[0]), lettered
            cue = cue or _cue_before(text, start, lexicon)
        if _is_account(said, cue, lexicon, text, end):
            found.append(Account(start, end, said, cue))
            _take(taken, start, end)
    found.sort(key=lambda account: account.start)
    return found


def _behind_its_head(token: str, lexicon: Lexicon) -> str:
    """Give what stands behind the letters that a label ends in, where both are glued: 598210972 of UID598210972."""
    for head in lexicon.label_heads:
        value = token[len(head) :]
        if token.lower().startswith(head) and (value.isdecimal() or (value and _by_pattern(value, lexicon))):
            return value if len(value) > 3 else ""
    return ""


def _raised(cased: str) -> str:
    """Write what may be a plate in capitals, and its digits as digits: 豫a一二三四五."""
    raised = cased.upper() if len(cased.upper()) == len(cased) else cased
    return _READ_OUT.sub(lambda match: "".join(_DIGIT[char] for char in match[0]), raised)


_DOT = re.compile(r"(?<=[\u4e00-\u9fff][A-Z])[ ·•・.-](?=[A-Z\d]{5,6}(?![A-Z\d]))")


def without_dot(raised: str) -> tuple[str, list[int] | range]:
    """Write 粤B·7K920 as the plate it is; gives where each character stood."""
    dots = {match.start() for match in _DOT.finditer(raised)}
    if not dots:
        return raised, range(len(raised) + 1)
    places = [place for place in range(len(raised)) if place not in dots]
    return "".join(raised[place] for place in places), places


def _inside(found: list[Account], place: int) -> bool:
    return any(account.start <= place < account.end for account in found)


def _counts_lines(groups: list[_Group], i: int) -> bool:
    """Tell whether a short number stands before a whole phone: 单号1 138…."""
    return len(groups[i].digits) < 4 and i + 1 < len(groups) and _is_phone(groups[i + 1].digits)


def _take(taken: bytearray, start: int, end: int) -> None:
    taken[start:end] = b"\x01" * (end - start)


def _by_pattern(token: str, lexicon: Lexicon) -> str | None:
    for form in (token, token.upper(), token.lower()):
        if any(matches(pattern, form) for pattern in lexicon.patterns):
            return form
    return None


_WRITTEN_APART = re.compile(rf"\d[{''.join(_HEARD)}]\d|[{''.join(_HEARD)}]\d{{5}}")
"""100是200, 三期572457119: beside written digits, 是 and 期 are words and no four and seven."""
_WRITTEN_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_LETTERS = re.compile(r"(?<![a-z])([a-z](?:\s?[a-z]){0,3})[\s,，、-]*$")
_READ_OUT = re.compile(r"(?<=[A-Z\d])(?:[一二三四五六七八九零〇幺]{2,}|[一二三四五六七八九零〇幺](?![\u4e00-\u9fff]))")
"""豫A一二三四五"""
_NO_PROVINCE = tuple("是为的号给成到充叫写填换改不了码个这那和跟哥姐弟妹爸妈人")
_MONEY_AFTER = re.compile(r"\s?(?:元|块|圆)")
_LED = re.compile("qq|q\\d|uid|id|vx|no", re.I)
"""What may be typed right before an account without being part of it."""
_ONE_BY_ONE = re.compile(r"(?<!\d)\d(?:[ -]\d){9,21}(?!\d)")


def _groups(text: str, taken: bytearray) -> list[_Group]:
    groups = []
    spread = [match.span() for match in _ONE_BY_ONE.finditer(text)] if len(text) > 18 else []
    for start, end in spread:  # 1 5 8 1 2 3 4 0 0 0 2
        groups.append(_Group(start, end, re.sub(r"\D", "", text[start:end]), False))
    for match in _GROUP.finditer(text):
        start, end = match.span()
        if spread and any(begin <= start < stop for begin, stop in spread):
            continue
        if end < len(text) and text[end] in _SCALES:
            end -= 0 if text[end - 1].isdecimal() else 1  # …七八一百块: the 一 belongs to the amount
        if start and text[start - 1] in _SCALES and not text[start].isdecimal():
            phone = end - start == 11 and _is_phone(_group(text, start, end).digits)  # 充三十幺三九…
            start += 0 if phone else 1
        if end <= start or any(taken[start:end]):
            continue
        said = text[start:end]
        written = _WRITTEN_PHONE.search(said) if len(said) > 11 else None
        if written and len(written[0]) < len(said):  # 张三13812345678: the 三 is his name
            groups += [_group(text, start + s, start + e) for s, e in _around(written, len(said)) if s < e]
            continue
        heard = 0 if said.isdecimal() else sum(char in _HEARD for char in said)
        if heard and (len(said) < 7 or heard > 3 or _WRITTEN_APART.search(said)):
            groups += [_group(text, start + m.start(), start + m.end()) for m in re.finditer(rf"[{_ROW}]+", said)]
        else:
            groups.append(_group(text, start, end))
    if spread:
        groups.sort(key=lambda group: group.start)
    return [group for group in groups if len(group.digits) > 1 or not group.spoken]


def _around(match: re.Match[str], length: int) -> tuple[tuple[int, int], ...]:
    return (0, match.start()), match.span(), (match.end(), length)


def _group(text: str, start: int, end: int) -> _Group:
    said = text[start:end]
    if said.isdecimal():
        return _Group(start, end, said, False)
    return _Group(start, end, "".join(_DIGIT.get(char) or _HEARD[char] for char in said), True)


_COUNTRY = re.compile("0{0,2}86")


def _join(groups: list[_Group], i: int, text: str, lexicon: Lexicon) -> tuple[int, str]:
    """Decide how many groups from the i-th on are one number, and give its digits."""
    soft, hard = _chain(groups, i, text, lexicon)
    whole = next((k - i for k in range(i + 1, i + hard) if not groups[k].spoken and _is_phone(groups[k].digits)), hard)
    if whole < hard and not _COUNTRY.fullmatch(groups[i].digits):
        soft, hard = min(soft, whole), whole  # 联通 50 130…: a telephone in full is one by itself
    if hard == 1:
        return 1, groups[i].digits
    digits = ""
    for count in range(1, hard + 1):
        digits += groups[i + count - 1].digits
        first = groups[i]
        if _is_phone(digits) and (
            count == 1 or len(first.digits) >= 3 or first.spoken or _COUNTRY.fullmatch(first.digits)
        ):
            return count, digits
    for k in range(i + 1, i + hard):  # 幺三九，呃，幺三九零零…: begun again; what came before is no part of it
        rest = "".join(group.digits for group in groups[k : i + hard])
        if any(_is_phone(rest[:length]) for length in (11, 13)) and groups[k].digits.startswith(groups[i].digits[:3]):
            return k - i, "".join(group.digits for group in groups[i:k])
    spoken = all(group.spoken for group in groups[i : i + hard])
    cue = bool(_CUE.search(text[max(0, groups[i].start - 14) : groups[i].start]))
    several = soft > 2 or (soft == 2 and len(groups[i].digits) + len(groups[i + 1].digits) > 8)
    dashed = several and all("-" in text[groups[k].end : groups[k + 1].start] for k in range(i, i + soft - 1))
    for count in range(soft, 1, -1):
        digits = "".join(group.digits for group in groups[i : i + count])
        spaced = count > 2 and len(digits) > 11 and all(2 < len(group.digits) < 7 for group in groups[i : i + count])
        if (cue or spoken or dashed or spaced) and any(matches(pattern, digits) for pattern in lexicon.patterns):
            return count, digits  # 6211 2222 3333 4444, whatever it is called
    lengths = [len(group.digits) for group in groups[i : i + soft]]
    if soft >= 3 and re.match(r"1[3-9]\d$", groups[i].digits) and lengths[1] in (3, 4):
        return 3, "".join(group.digits for group in groups[i : i + 3])
    if soft >= 2 and re.match(r"1[3-9]\d$", groups[i].digits) and 6 <= lengths[1] <= 9:
        return 2, groups[i].digits + groups[i + 1].digits
    span = hard if spoken else soft
    complete = len(groups[i].digits) > 6 and not groups[i].spoken  # QQ 44556601 100Q币
    if (
        span >= 2
        and (cue or spoken or dashed)
        and not complete
        and min(len(g.digits) for g in groups[i : i + span]) < 5
    ):
        digits = "".join(group.digits for group in groups[i : i + span])
        if 5 <= len(digits) <= 22:
            return span, digits
    return 1, groups[i].digits


def _chain(groups: list[_Group], i: int, text: str, lexicon: Lexicon) -> tuple[int, int]:
    """Count the groups that follow closely: across spaces and dashes, and across commas too."""
    soft, hard = 0, 1
    for k in range(i + 1, min(len(groups), i + 8)):
        counted = text[groups[k].end : groups[k].end + 1] in lexicon.counters
        if (counted or _followed_by_unit(text, groups[k].end, lexicon)) and len(groups[k].digits) < 4:
            break  # 户号123456789 50元; 1646406067,2张
        gap = text[groups[k - 1].end : groups[k].start]
        if _SOFT.match(gap) or gap == "":
            if soft == 0:
                hard += 1
                continue
        elif not _HARD.match(gap):
            break
        elif soft == 0:
            soft = hard
        hard += 1
    return soft or hard, hard


def _is_phone(digits: str) -> bool:
    return len(digits) > 10 and bool(_PHONE.match(digits) or _ABROAD.match(digits))


def spoken_digits(text: str) -> list[str]:
    """Give the one number that a text of nothing but digits read out is: 幺三八 is ["138"]."""
    said = text.strip(" ,，。.")
    return ["".join(_DIGIT[char] for char in said)] if len(said) > 2 and all(char in _DIGIT for char in said) else []


def _without_86(text: str, start: int, said: str) -> tuple[int, str]:
    match = _ABROAD.match(said)
    if match:
        said = said[match.end() :]
    if start and text[start - 1] == "+":
        start -= 1
    return start, said


_IS = re.compile(r"(?:号|码)?(?:是|为|[:=\s,，]|的)*")


def _cue_before(text: str, start: int, lexicon: Lexicon) -> str:
    before = text[max(0, start - 16) : start]
    for label, name in lexicon.field_cues:
        place = before.rfind(label)
        if place >= 0 and _IS.fullmatch(before, place + len(label)):
            return name
    if _SAME_AS.search(before):
        return "any"  # QQ就是手机号 138…
    match = _CUE.search(before)
    return (match.lastgroup or "") if match else ""


def _cue_after(text: str, end: int) -> str:
    after = text[end : end + 8]
    if _QQ_AFTER.match(after):
        return "qq"
    return "any" if _NUMBER_AFTER.match(after) else ""


_QQ_AFTER = re.compile(r"\s*(?:这个|那个)?(?:qq|扣扣)(?![\s:,，号是为]*[\d一二三四五六七八九幺零])")
_NUMBER_AFTER = re.compile(r"\s*(?:这个|那个|呢个)(?:手机)?号")


def _is_account(said: str, cue: str, lexicon: Lexicon, text: str, end: int) -> bool:
    if _is_phone(said):
        return True
    if _MONEY_AFTER.match(text, end):
        return False  # 1000000000元
    if _followed_by_unit(text, end, lexicon) and (len(said) < 7 or (not cue and _counts_goods(text, end, lexicon))):
        return False
    if any(matches(pattern, said) for pattern in lexicon.patterns):
        return len(said) >= 6 or bool(cue)
    if not cue and len(said) < 8 and said.endswith("000") and _WRITTEN_PHONE.search(text):
        return False  # 储值100000 138…
    if cue:
        return len(said) >= (5 if cue == "any" else 4)
    return 6 <= len(said) <= 22


_COUNTED = re.compile(r"[个张份条件套枚](?![号码人])")
_ELSEWHERE = re.compile(r"(?:qq|扣扣|账号|帐号|手机号?|电话|uid)[号码是:=\s]*\d{4}|(?<!\d)1[3-9]\d{9}(?!\d)")


def _counts_goods(text: str, end: int, lexicon: Lexicon) -> bool:
    """Tell whether a unit right behind a long number says how many: 99999999个; 44556601Q币 may be whose."""
    if _COUNTED.match(text, end):
        return True
    return text.startswith(lexicon.any_unit, end) and _ELSEWHERE.search(text) is not None


def _followed_by_unit(text: str, end: int, lexicon: Lexicon) -> bool:
    rest = text[end : end + 8].lstrip()
    return rest.startswith(lexicon.any_unit)
