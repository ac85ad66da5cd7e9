"""Some characters of an account put right: 187不是189, 末位是X不是7, gmail打成gmial了, 多按了个1."""

import re
from collections.abc import Iterator

from nlu.numerals import CHINESE, DIGITS, read_numeral
from nlu.words import PIECES

_TOKEN = re.compile(r"[0-9a-z@._-]+", re.IGNORECASE)
_SPOKEN = re.compile(f"[零〇{CHINESE}幺]{{2,8}}")
_WAS_BEFORE = re.compile(
    "(?:不是|[打写输填抄说看记按弄搞错敲]成|当成)了?(?:个|的|那个)?$|(?:把|将)(?:那个)?$|(?<!应该)不应?该?是$"
)
_WAS_BEHIND = re.compile(
    "^(?:那|这)?[个位段]?(?:都|是)?(?:[打写输填抄说看记按弄搞]?错|不对|[打写输填抄说看记按弄搞改换]成|改为|换成|应该是?(?=[0-9a-z]))"
)
_IS = re.compile(r"[\"'」”]?(?:其实|应该)?是(?:个|字母|数字)?([0-9a-z]{1,6})(?![0-9a-z])")
_END = re.compile(
    "(?<![周期月年岁])末[尾位]?|尾号|尾数|结尾|尾巴|最后|后[面头边]|后[两二三四五几1-6][位个]|倒数第[一1]"
)
_START = re.compile("开头|打头|最前|前[面头边]|前[两二三四五几1-6][位个]|头[两二三几]位")
_OF_GOODS = re.compile(
    f"(?:[{PIECES}元块月年天点])(?!号)|号楼|小时|分钟|课时|公里|毫升|日元|美[元金刀]|[寸斤度期节米升平周季刀]|k?g|[gt]b?(?![a-z])"
)
"""2小时: a number of what is ordered."""
_HOW_MANY = re.compile(f"([{CHINESE}1-6])[位个]")
_OF_IT = re.compile("[号位码]|尾|末|开头|打头|qq|id|邮箱|邮件|电话|手机|账户|身份证|车牌")
_TOO_MUCH = re.compile(r"多(?:按|打|写|输|填|敲|点)?了?(?:一?[个位])?(?:数字)?([0-9a-z])(?![0-9a-z个张份])")
_TOO_FEW = re.compile(
    r"(?:还有?|[漏少缺落掉]|没[打写输填敲]?)(?:打|写|输|填|敲|按)?了?(?:一?[个位])?(?:数字|字母)?([0-9a-z]{1,4})(?![0-9a-z个张份元块])"
)
_NTH = re.compile(f"第[{CHINESE}1-9]{{1,2}}[位个]")
_MIDDLE = "中间"
_LACKS = re.compile("[少漏缺落](?!看)|[加补添](?!上?微信)|没[打写输填]")
_CROSSED = re.compile(r"([0-9a-z])[跟和与]([0-9a-z]).{0,6}(?:反|颠倒|换)")
_LAST_CROSSED = re.compile("(?:最后|末尾?|后面?|尾巴?)(?:上)?[两二2][位个](?:数字?)?.{0,3}(?:反|颠倒)")
_SAME_AS = 2


def repaired(old: str, said: str, label: str = "") -> tuple[str, ...]:
    """What a message may make of an account that it gives a part of: none, or one or more that it could be."""
    if _NTH.search(said):
        return ()
    if (crossed := _crossed(old, said)) is not None:
        return crossed
    tokens = list(_tokens(said, old))
    whole = [token for token, _, _ in tokens if len(token) >= len(old) - 1 and len(token) > _SAME_AS]
    if whole:
        return ()
    was = list(dict.fromkeys(token for token, refused, _ in tokens if refused))
    new = list(dict.fromkeys(token for token, refused, _ in tokens if not refused and token not in was))
    of_it = _OF_IT.search(said) is not None or (len(label) > 1 and label[-2:] in said)
    if len(was) == len(new) == 1:
        return tuple(_exchanged(old, was[0], new[0], said)) if was[0] != new[0] else ()
    if not of_it or was or len(new) > 1 or _MIDDLE in said:
        return ()
    if (extra := _TOO_MUCH.search(said)) is not None:
        return tuple(_without(old, extra[1]))
    if (lacks := _TOO_FEW.search(said)) is not None:
        if _START.search(said):
            return (lacks[1] + old,)
        return (old + lacks[1],) if _END.search(said) else ()
    if _LACKS.search(said):
        if not new or not _END.search(said):
            return ()
        return (old + new[0],) if len(new[0]) == 1 else tuple(_placed(old, new[0], said))
    return tuple(_placed(old, new[0], said)) if new else ()


def few_apart(one: str, other: str) -> bool:
    """Whether two accounts are one but for a slip: a character or two, two exchanged, one more or less, an end more."""
    one, other = one.casefold(), other.casefold()
    if one == other:
        return False
    if len(one) == len(other):
        apart = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        return len(apart) <= (2 if len(one) < 9 else 3)
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) == 1:
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    return len(short) >= 5 and len(long) - len(short) <= 4 and (long.startswith(short) or long.endswith(short))


def _tokens(said: str, old: str) -> Iterator[tuple[str, bool, int]]:
    """(a run of digits or letters, whether it is said to be wrong, where)."""
    spoken = [] if _TOKEN.search(said) else list(_SPOKEN.finditer(said))
    for found in (*_TOKEN.finditer(said), *spoken):
        before, behind = said[: found.start()], said[found.end() :]
        token = found[0].strip(".-_") if found[0][0] in ".-_@" or found[0][-1] in ".-_" else found[0]
        token = "".join("1" if c == "幺" else str(DIGITS.get(c, c)) for c in token)
        if not token or _OF_GOODS.match(behind) or (token.casefold() == "qq" and "@" not in old):
            continue
        wrong = _WAS_BEFORE.search(before) or _WAS_BEHIND.search(behind)
        refused = wrong is not None or _is_another(token, behind, old)
        yield _cased(token, old), refused, found.start()


def _is_another(token: str, behind: str, old: str) -> bool:
    """尾巴上那个Z是2: what the account has is something else."""
    to = _IS.match(behind)
    return to is not None and token.casefold() in old.casefold() and len(token) <= len(to[1]) + 1


def _cased(token: str, old: str) -> str:
    """A letter is as the account has it: x at the end of an ID number is X."""
    return token.upper() if old.isupper() or (old[:-1].isdecimal() and token in ("x", "X")) else token


def _exchanged(old: str, was: str, new: str, said: str) -> Iterator[str]:
    at = [i for i in range(len(old)) if old.startswith(was, i)]
    if _END.search(said) and old.endswith(was):
        at = [len(old) - len(was)]
    elif old.startswith(was) and (_START.search(said) or (len(was) >= 3 and len(was) == len(new))):
        at = [0]
    if len(at) == 1 and abs(len(was) - len(new)) <= _SAME_AS:
        yield old[: at[0]] + new + old[at[0] + len(was) :]


def _placed(old: str, new: str, said: str) -> Iterator[str]:
    counted = _HOW_MANY.search(said)
    size = int(read_numeral(counted[1]) or 0) if counted is not None and "倒数" not in said else len(new)
    if size != len(new) or len(new) >= len(old):
        return
    if _END.search(said):
        yield old[: -len(new)] + new
    elif _START.search(said):
        yield new + old[len(new) :]


def _without(old: str, extra: str) -> Iterator[str]:
    if old.count(extra) == 1 or old.endswith(extra):
        yield "".join(old.rsplit(extra, 1))


def _crossed(old: str, said: str) -> tuple[str, ...] | None:
    if _LAST_CROSSED.search(said):
        return (old[:-2] + old[:-3:-1],)
    found = _CROSSED.search(said)
    if found is None or _TOKEN.search(said.replace(found[0], "")):
        return None
    a, b = found[1], found[2]
    at = [i for i in range(len(old) - 1) if {old[i], old[i + 1]} == {a, b} and a != b]
    return (old[: at[0]] + old[at[0] + 1] + old[at[0]] + old[at[0] + 2 :],) if len(at) == 1 else ()
