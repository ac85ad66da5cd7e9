"""A name or another free text without the words it is told in: 取票人叫韩梅梅, 清风明月 在风暴区."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Option, Product
from nlu.dates import asks_when, day_in
from nlu.no_text import SAID, is_no_text, without_talk_behind
from nlu.surnames import NO_NAME, SURNAMES

_PIECES = re.compile(r"[\s,，。;；、]+")
_IS = r"(?:名?字?(?:就|只)?(?:叫做?|是|要(?!求)|[一二两三四五六七八1-8]个字)[:：,，\s]*|为|填|写|用|[:：])"
_LABEL_END = re.compile("(?:姓名|名字|名称|名|内容|信息|要求|留言)$")
_PERSON = re.compile(r"姓名|名字|[^\W\d](?:人|员)$")
_NAME = re.compile(r"名$|名字$|昵称|角色")
_CALLED = re.compile(
    r"^(?:我|他|她|它|你就?)?(?:们)?(?:的|家)?(?:[\u4e00-\u9fff]{0,4}?(?:名字|姓名|名称|名|角色|昵称|号))?"
    r"(?:就?叫做?|名叫|就?是|为|[:：])\s*(?=\S)(?!我)"
)
_OF_SOMEONE = re.compile(
    r"^(?:(?:我|他|她)(?:的|家)?[\u4e00-\u9fff]{1,4}|孩子|小?朋友|娃儿?|儿子|女儿|闺女|宝宝|学员|学生)(?:名字)?(?:就?叫做?|是)\s*(?=[\u4e00-\u9fff]{2})"
)
_SURELY_CALLED = re.compile("叫|名|角色|昵称|号")
_LEADING_WORD = re.compile(r"^(?:姓名|名字)\s*[:：]?\s*(?=\S)")
_ALONE = re.compile(r"^(?:就?叫|就?是)\s*(?=\S)(?!我)")
_LINK_ALONE = re.compile(r"^(?:就?叫做?|名叫|就?是|为|[:：])\s+(?=\S)")
_ONLY_LEAD = re.compile(r"^.{0,6}(?:名字|姓名|名称|名|角色|昵称|叫)(?:就?叫做?|就?是|为|[:：])?$")
_TONE = re.compile(r"[~～。！!…\s]+$")
"""How a message ends, and no name."""
_WRITES = re.compile(
    r"^(?:(?:上面|内容|文字|文案|字样)(?:上|里)?(?:就|要)?(?:是|为|写上?|印上?|[:：])+|(?:那?就|帮我|给我|请|麻烦)+[写印刻]上?[:：]?|[写印刻]上?[:：])\s*(?=\S\S)"
)
"""内容是：, 就写: before the words that are to stand there."""
_QUOTED = re.compile(r"^[“「『\"](?P<words>[^“”「」『』\"]+)[”」』\"]$")
_POLITE = re.compile(
    "^(?:你好|您好|老板|亲|谢谢|多谢|谢了|麻烦了?|辛苦了?|好的?|嗯+|哦|快点?|尽快|拜托|就这样|没了)[你您啊哈吧了]*$"
)
_SAID_BEFORE = re.compile(rf"(?:编?号|账号|名字|区服?)?{SAID}(?:[?？!！]|小伙子|老板|[哥姐])*+")
"""刚才说过了呀: a word about what was said, and no part of what is asked for."""
_NO_PERSON = re.compile(
    r"^(?:先|就|那|再)*(?:[约买来要做弄订打办开]|预约)(?:一?[下个针次张份节台]|[一二两三])|[我你您他她它这那?？吗呢给谁]|是不是|[要能会有]不[要能会]|有没有|可不可|[啊嘛么]$|买(?!买?提)|什么|怎么|多少|[的了]$|票$|卡$|\d{3}"
    r"|^(?:[\d\W_]+|不[想愿]?[填写说]|随便|都行|都可以|无所谓|任意|哈+|呵+|无语|傻[逼b]|sb|本人|自己|上次.*|跟上次.*|老样子|照旧|同上"
    r"|第[一二三四五六七八九十\d]+个?|[一二两三四五六七八九十\d]+(?:个人?|位|人)|几.*|能.*|可以.*)$"
)
_NO_ANSWER = re.compile(
    r"[等下一会儿我先再让容,，\s]{1,8}想(?:想|一想|一下|好再说)(?:[写印叫填起用])?(?:什么|啥|谁|哪[个句])?(?:[好呢吧]|[,，\s])*"
    r"|(?:请|先|你?们?)*(?:稍?等[等一会]?[下儿会]?|稍后|等等|马上|一会儿?)(?:再?[发给说]|[吧啊哈])*|[\W_]+"
)
"""He will say it later, or nothing: no text of any field."""
_AROUND_CHOICE = re.compile(r"^(?:我?们?[在是要选的]|就|区服|服务器|大区|[:：])+|(?:的|吧|区|服|那?个|上|里)+$")
_PLAIN_NAME = re.compile("[\u4e00-\u9fff]{2,4}")
_MISTAKEN = re.compile(
    r"^(?:(?:[哦啊哎诶噢喔呃嗯]+|等等|等下|等一下)?[,，\s]*(?:不对|不是|错了|(?:[写打说输填搞弄发]错)了?)[,，。!！\s]+)+"
)
_ROLE = re.compile("^(?:学员|学生|考生|营员|孩子|小朋友|老[大二三]|宝宝|本人)(?=[\u4e00-\u9fff]{2,4}$)")
_TOKEN = re.compile(r"[0-9A-Za-z._@+-]{2,}")
_SURNAMED = re.compile(
    r"姓(?P<first>[\u4e00-\u9fff]{1,2})[,，。\s]*(?:名字?|全名)?(?:就?叫|是)?[,，\s]*(?P<name>(?P=first)[\u4e00-\u9fff]{1,2})(?![\u4e00-\u9fff])"
)
_PHONE_OF = re.compile(r"(?:我|他|她|孩子|本人|家长)?的?(?:手机|电话|联系方式)?号?码?(?:是|[:：])?\s*1[3-9]\d{9}(?!\d)")
_BEFORE_NAME = re.compile(r"^(?P<choice>.{2,8}?)(?:区|服)?的(?P<rest>[^的]{2,})$")


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer to a free question says: the text itself (empty: none), and choices of other slots beside it."""

    text: str
    choices: Mapping[str, str]


def told(field: Field, product: Product, text: str) -> Told:
    """The text given for a field, without its label, the sentence around it, and what answers another question."""
    if asks_when(field.label) and (day := day_in(text, lambda one: isinstance(check_field(field, one), Valid))):
        return Told(day, {})
    if is_no_text(text):
        return Told("", {})
    text = _TONE.sub("", _LINK_ALONE.sub("", without_talk_behind(text))) or text
    text = without_mistake(field, text)
    if not is_person(field):
        text = _QUOTED.sub(r"\g<words>", _WRITES.sub("", text))
    if is_person(field):
        text = surnamed(text) or _PHONE_OF.sub(" ", text)
    choices: dict[str, str] = {}
    kept: list[str] = []
    for piece in (piece for piece in _PIECES.split(text.strip()) if piece):
        found = _choice(piece, product)
        if found is not None and found[0] not in choices:
            choices[found[0]] = found[1]
        elif not _POLITE.match(piece) and not _SAID_BEFORE.fullmatch(piece):
            kept.append(piece)
    if len(kept) == 1 and not choices and (split := _BEFORE_NAME.match(kept[0])) is not None:
        found = _choice(split["choice"], product)
        if found is not None:
            choices[found[0]], kept = found[1], [split["rest"]]
    left = text.strip() if not choices and len(kept) == len(_PIECES.split(text.strip())) else " ".join(kept)
    bare = _bare(field, kept, left)
    silent = _NO_ANSWER.fullmatch(bare) or bare in (field.label, field.label[-2:])
    return Told("" if silent else bare, choices)


def _bare(field: Field, pieces: list[str], whole: str) -> str:
    person = is_person(field)
    named = person or _NAME.search(field.label) is not None
    without = without_label(field, whole)
    if (without != whole and not person) or not named:
        return without
    if without != whole:
        pieces, whole = [piece for piece in _PIECES.split(without) if piece], without
    if len(pieces) > 1 and _ONLY_LEAD.match(pieces[0]):
        pieces = [pieces[0] + pieces[1], *pieces[2:]]  # 名字是 一剑霜寒
    bare = [_without_lead(piece, person=person) for piece in pieces]
    said = [one for one, piece in zip(bare, pieces, strict=True) if one != piece]
    if len(said) == 1 and (person or len(pieces) == 1):
        whole = said[0]
    if person and len(pieces) > 1 and len(said) != 1 and _PLAIN_NAME.fullmatch(pieces[0]):
        whole = pieces[0]  # 张三 电话138… 3小时
    if not person:
        return whole
    whom = [_ROLE.sub("", one) for one in bare] if len(pieces) > 1 else [_ROLE.sub("", whole)]
    sure = [one for one in whom if _PLAIN_NAME.fullmatch(one) and one[0] in SURNAMES and not re.match(NO_NAME, one)]
    if len(sure) == 1:  # 学员林小满 周末上
        whole = sure[0]
    whole = re.sub("^(?:[\u4e00-\u9fff]{2}人(?:姓名|名字)?|那?就|帮我|给我)?[填写](?=..)|吧$", "", whole)
    return "" if _NO_PERSON.search(whole) else whole


def surnamed(text: str) -> str:
    """我姓刘，刘婷婷 · 免贵姓马，叫马国庆: the whole name, which begins with the surname he tells."""
    found = _SURNAMED.search(text)
    return found["name"] if found is not None else ""


def without_mistake(field: Field, text: str) -> str:
    """不对 账号是zhangsan: what he says of what he said before is no part of it, where a value plainly follows."""
    rest = _MISTAKEN.sub("", text)
    plainly = without_label(field, rest) != rest or _TOKEN.fullmatch(rest) is not None or is_person(field)
    return rest if rest and plainly else text


def without_label(field: Field, text: str) -> str:
    """The text behind its own label: 角色名叫 清风明月, 取票人：王芳, 贺卡写生日快乐, 账号是zhangsan of 上网账号."""
    short = _LABEL_END.sub("", field.label)
    for name, link in ((field.label, "?"), (short, ""), (field.label.removesuffix("号"), ""), (field.label[-2:], "")):
        if len(name) < 2:
            continue
        found = re.match(rf"^(?:我的?|那个?)?{re.escape(name)}(?:{_IS}|上写?){link}\s*(?=\S)", text)
        if found is not None and found.end() < len(text):
            return text[found.end() :].strip()
    if (
        is_person(field)
        and len(short) > 1
        and _PLAIN_NAME.fullmatch(text.removeprefix(short))
        and text[: len(short)] == short
    ):
        return text.removeprefix(short)
    stems = {field.label.removesuffix("号"), field.label[-2:]} - {"姓名", "名字"}
    behind = re.fullmatch(rf"(?:我的?)?(?:{'|'.join(map(re.escape, stems))})号?\s*({_TOKEN.pattern})", text)
    return behind[1] if behind is not None else text


def as_written(value: str, text: str) -> str:
    """The value with the characters he wrote: ，and （ are not to become , and (."""
    plain = [unicodedata.normalize("NFKC", char) for char in text]
    ends = list(accumulate(map(len, plain)))
    at = "".join(plain).find(value)
    if at < 0 or at not in (0, *ends) or at + len(value) not in ends:
        return value
    first = 0 if at == 0 else ends.index(at) + 1
    return text[first : ends.index(at + len(value)) + 1]


def is_person(field: Field) -> bool:
    """Whether a free text is the name of a person."""
    return field.kind is FieldKind.TEXT and field.pattern is None and _PERSON.search(field.label) is not None


def _without_lead(piece: str, *, person: bool) -> str:
    for pattern in (_LEADING_WORD, _CALLED, *((_OF_SOMEONE,) if person else ())):
        found = pattern.match(piece)
        if found is not None and found.end() < len(piece):
            if pattern is _CALLED and not person and not _SURELY_CALLED.search(found[0]):
                continue  # 是你呀, 我是谁 may well be what a figure is called
            return _ALONE.sub("", piece[found.end() :])
    return piece


def _choice(piece: str, product: Product) -> tuple[str, str] | None:
    """The one choice a few words name and nothing else: 风暴区, 在二区风暴."""
    said = fold(piece)
    plain = _AROUND_CHOICE.sub("", said)
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    found = {
        (part.name, choice.id)
        for part in parts
        for choice in part.values
        for name in map(fold, (choice.label, *choice.aliases))
        if len(name) > 1 and (name in (said, plain) or _without_label_of(part, said) == name)
    }
    return found.pop() if len(found) == 1 else None


def _without_label_of(part: Option | Field, said: str) -> str:
    rest = said.removeprefix(fold(part.label))
    return _AROUND_CHOICE.sub("", rest) if rest != said else ""
