"""Where a parcel goes, read from one message or several: who receives it, his phone, province, city, district,
street."""

import re
import unicodedata
from dataclasses import dataclass, fields, replace

from catalog.model import Delivery, Field, FieldKind, Product
from dialogs.around_places import is_talk, only_place
from nlu.regions import LEAD, region_at, region_in_front
from nlu.surnames import SURNAMES

_PHONE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)")
_PROVINCE = re.compile(
    r"(?:北京|天津|上海|重庆)市?"
    r"|(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾)省?"
    r"|(?:内蒙古|西藏)(?:自治区)?|广西(?:壮族)?(?:自治区)?|宁夏(?:回族)?(?:自治区)?|新疆(?:维吾尔)?(?:自治区)?"
    r"|(?:香港|澳门)(?:特别行政区)?"
)
_CITY = re.compile(r"[\u4e00-\u9fff]{2,9}?(?:市|自治州|地区|盟)")
_DISTRICT = re.compile(r"[\u4e00-\u9fff]{1,10}?(?:新区|开发区|(?<![小社])区|县|旗|市)")
_STREET = re.compile(r"\d|[路街道巷弄村镇乡屯组号栋幢楼室座苑园里厦庄湾]|大学|学校|医院|公司|广场|小区")
_LABEL = re.compile(
    r"(?:所在地区|详细地址|收[货件](?=\s*[:：])|街道(?=就?是)|(?:收[货件]|邮寄|快递|送货|新|家庭)?地址|省市区|收[货件]人(?:姓名)?|收[\u4e00-\u9fff]{1,2}人|联系人|姓名|名字"
    r"|(?:联系|收[货件]|[他她我]的?)?(?:电话|手机号?码?)|联系方式|号码|邮编)\s*(?:是|为)?\s*[:：]?\s*"
)
_RECEIVES = re.compile(r"(?:^|[\s,，。;；])([\u4e00-\u9fff]{2,4})(?:收|亲收|签收)(?=$|[\s,，。;；☎])")
_LABELLED_NAME = re.compile(
    r"(?:收[\u4e00-\u9fff]{1,2}人(?:姓名)?|联系人|姓名|名字|[我他她]叫|叫)\s*(?:是|为)?\s*[:：]?\s*((?:[\u4e00-\u9fff]{1,4}[部科处组])?[\u4e00-\u9fff·]{2,4}|[A-Za-z]{2,20})(?=$|[\s,，。;；☎])"
)
_SEND = re.compile(
    r"(?:请|麻烦)?(?:帮我|给我)?(?:寄送?到|寄往|寄给|寄|送货?[到至]|发货?[到至往]|邮寄?到|快递到|我在|我的|就?是)"
    r"[:： ]*"
)
_SENDS = re.compile("[送寄邮递到往给]$|发货$|^(?:都|就|也|还|全部|全都|一起|一块|统一|分别|直接|麻烦|请|帮|全发|都发)")
"""都送, 麻烦寄, 一起, before a place: nobody's name."""
_SPLIT = re.compile(r"[\s,，;；。、|]+")
_ALONE = re.compile(r"(?:我叫|叫|我是|名字是?|姓名是?)?([\u4e00-\u9fff·]{2,4})")
_NO_NAME = re.compile(
    r"^[我你他她它这那在有是去来买要]|[省市区县镇乡村路街道巷弄号栋幢楼层室?？]|什么|多少|怎么|地址|取消|确认|可以|谢谢|好的|不|没|稍等|等等|客服|人工|电话|手机|方式|尽快|朋友|^(?:寄|送|发)|家里|公司|学校|单位|老家|宿舍|办公|店里|^收.{1,2}人$"
)
_ELSE = re.compile(r"[?？吗呢]|多少|什么|怎么|哪|取消|不要|不买|算了|人工|客服|[改换]成|改为|错|不是|不对")
_AT = re.compile("^我?(?:们)?的?(?:家里?|公司|单位|学校|宿舍|办公室)(?!.{0,6}(?:路|街|号|小区))")
"""寄家里 before the region: where it is to him, no part of the address."""
_LOOSE = "☎"

_NAME_AFTER = re.compile(r"(?:收[货件]人|姓名|名字|联系人|我叫|叫)[是为:： ]*([\u4e00-\u9fff·]{2,4}|[A-Za-z]{2,20})")
_NAME = re.compile(r"(?:[\u4e00-\u9fff]{1,4}[部科处组])?[\u4e00-\u9fff·]{2,4}(?:先生|女士|小姐|老师)?|[A-Za-z]{2,20}")
_GLUED = re.compile(r"[号室楼层栋幢座元\d]([\u4e00-\u9fff]{2,3})[ ,，]*☎|☎[ ,，]*([\u4e00-\u9fff]{2,3})$")
_UNIT_BEFORE = re.compile(r"^[号室楼层栋幢座元]")
_PLACE_END = frozenset("省市区县镇乡村路街道巷弄号栋幢楼室层元苑园里厦场院座期港店")
_CALLED_BY = SURNAMES | set("小老阿大")
"""What a name begins with, or what friends put before it."""
_SPACES = re.compile(r"[\s,，;；、。]+")
_PLAIN_PHONE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_REGION = re.compile(r"[省市区县]")


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of an address; empty is not said."""

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""

    @property
    def region(self) -> str:
        return "".join(dict.fromkeys(part for part in (self.province, self.city, self.district) if part))

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))


_TO_WHOM = re.compile(
    r"^(?:麻烦|请|帮我|那就|就)*(?:(?:邮寄|快递|寄|送|发)[到给往]|寄)(?=[\u4e00-\u9fff]{2,4}[\s,，:：]*1[3-9]\d{9})"
)
"""寄到李建国 138…: the receiver comes first."""


def read(text: str) -> Place:
    """Read the parts of an address, whatever their order. What is none of the others is the street."""
    text = _TO_WHOM.sub("", unicodedata.normalize("NFKC", text).strip())
    phone = _PHONE.search(text)
    marked = _PHONE.sub(f" {_LOOSE} ", text)
    name, marked = _name(marked)
    plain = _LABEL.sub(" ", marked).replace(_LOOSE, " ")
    where = "".join(only_place([part for part in _SPLIT.split(plain) if part]))
    where = _SEND.sub("", where, count=1) if _SEND.match(where) else where
    where = _AT.sub("", where) if region_at(where) else where
    province, where = _leading(_PROVINCE, where) if region_in_front(where) else ("", where)
    municipal = province.removesuffix("市") in ("北京", "天津", "上海", "重庆")
    city, where = ("", where) if municipal else _leading(_CITY, where)
    if not city and not municipal:
        city = region_in_front(where)
        where = where.removeprefix(city)
    if municipal and where.startswith(province.removesuffix("市")):
        where = where.removeprefix(province.removesuffix("市")).removeprefix("市")
    district, where = _leading(_DISTRICT, where)
    return Place(name, "".join(phone.groups()) if phone else "", province, city, district, where)


def written(place: Place) -> str:
    """An address in one line, from which `read` gives the same parts again."""
    return " ".join(part for part in (place.region + place.street, place.name, place.phone) if part)


def bare(address: str) -> str:
    """An address as it was given; in its parts alone, where words stand around it that are no part of it."""
    text = unicodedata.normalize("NFKC", address)
    place = read(text)
    if not (place.province or place.city or place.district) or not place.street:
        return address
    rest = _SPLIT.sub("", _PHONE.sub("", text))
    for part in (place.name, place.province, place.city, place.district, place.street):
        rest = rest.replace(part, "", 1)
    return written(place) if re.search(r"\w", rest) else address


def joined(old: Place, new: Place) -> Place:
    """Two messages about one parcel: what the later one says counts. A new region takes its street along."""
    place = replace(old, name=new.name or old.name, phone=new.phone or old.phone)
    if new.province or new.city:
        keeps = not new.street
        return replace(
            place,
            province=new.province,
            city=new.city or ("" if new.province else old.city),
            district=new.district or (old.district if keeps else ""),
            street=new.street or old.street,
        )
    if new.district or new.street:
        return replace(place, district=new.district or old.district, street=new.street or old.street)
    return place


def wants(place: Place, *, name: bool = True, phone: bool = True) -> tuple[str, ...]:
    """The parts that are still missing, by name."""
    missing = []
    if not (place.province or place.city):
        missing.append("省市")
    if not _STREET.search(place.street):
        missing.append("详细地址")
    if name and not place.name:
        missing.append("收货人姓名")
    if phone and not place.phone:
        missing.append("手机号")
    return tuple(missing)


EXAMPLES = {"省市": "浙江省杭州市", "详细地址": "文三路1号", "收货人姓名": "张三", "手机号": "138…"}
"""How each part could be given."""


def lacking(field: Field, address: str, product: Product) -> tuple[str, ...]:
    """What a parcel's address does not say, by name. What another field asks for is not wanted."""
    if not goes_by_parcel(field, product):
        return ()
    others = [other for other in product.fields if other is not field]
    asks_phone = any(other.kind in (FieldKind.PHONE, FieldKind.PHONE_OR_QQ) for other in others)
    asks_name = any(other.kind is FieldKind.TEXT and re.search("人|姓名|名字", other.label) for other in others)
    return wants(read(address), name=not asks_name, phone=not asks_phone)


def goes_by_parcel(field: Field, product: Product) -> bool:
    """Whether a field is the address of a parcel: then all of its parts are needed."""
    return field.kind is FieldKind.ADDRESS and product.delivery is Delivery.PARCEL


def told(field: Field, address: str, product: Product, text: str) -> str | None:
    """The address with what a message adds to it; None when the message is about something else."""
    if not goes_by_parcel(field, product) or _ELSE.search(text):
        return None
    new = read(text)
    if not says_part(new):
        return None
    whole = not lacking(field, text, product) and not _LABEL.search(text)
    return bare(_SEND.sub("", " ".join(text.split()), count=1)) if whole else written(joined(read(address), new))


def says_part(place: Place) -> bool:
    """Whether a message is a part of an address and nothing else: a phone, a name alone, a place."""
    if place.phone or place.province or place.city:
        return True
    if place.street and (_STREET.search(place.street) and any(map(str.isdigit, place.street))):
        return True
    return place.district != "" or (place.name != "" and not place.street)


def is_receiver(name: str, text: str) -> bool:
    """Whether a name found somewhere in a request is who receives the parcel: he is called so, stands beside his
    phone, or has a surname and the phone is there."""
    said = unicodedata.normalize("NFKC", text)
    named = re.escape(name)
    if not name or _NO_NAME.search(name):
        return False
    called = rf"(?:收[\u4e00-\u9fff]{{1,2}}人|联系人|姓名|名字|叫|给)(?:是|为|[:：\s])*{named}|{named}(?:亲?收|签收)"
    return re.search(called, said) is not None or (name[0] in _CALLED_BY and _PHONE.search(said) is not None)


def _name(marked: str) -> tuple[str, str]:
    """Who receives it, and the text without him; ☎ marks where the phone stood."""
    for pattern in (_LABELLED_NAME, _RECEIVES):
        found = pattern.search(marked)
        if found is not None and not _NO_NAME.search(found[1]):
            return found[1], marked[: found.start()] + " " + marked[found.end() :]
    alone = _ALONE.fullmatch(marked.replace(_LOOSE, "").strip())
    if alone is not None and not any(p.search(alone[1]) for p in (_NO_NAME, _PROVINCE)) and region_at(alone[1]) is None:
        introduced = alone[0] != alone[1] or _LOOSE in marked
        return (alone[1], "") if introduced or alone[1][0] in _CALLED_BY else ("", marked)
    bare = _LABEL.sub(" ", marked)
    started = region_at(bare)
    if started is None and (other := _CITY.search(bare)) is not None:
        started = other.start()
    before = bare[:started].replace(_LOOSE, " ").strip(" ,，、;；:：") if started is not None else ""
    spoken = _NO_NAME.search(before) or _SEND.match(before) or _SENDS.search(before)
    if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", before) and not spoken:
        return before, bare.replace(before, " ", 1)
    name = name_in(bare.replace(_LOOSE, "13800000000"))
    return (name, bare.replace(name, " ", 1)) if name else ("", marked)


def _leading(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.match(text)
    return (found[0], text[found.end() :]) if found is not None else ("", text)


def name_in(address: str) -> str | None:
    """Who receives the parcel, when the address says so."""
    said = _NAME_AFTER.search(address)
    if said is not None and not _NO_NAME.search(said[1]):
        return said[1]
    marked = _PLAIN_PHONE.sub(" ☎ ", address)
    tokens = [token for token in _SPACES.split(marked) if not (is_talk(token) or LEAD.fullmatch(token))]
    likely: list[str] = []
    for i, token in enumerate(tokens):
        if not _NAME.fullmatch(token) or token[-1] in _PLACE_END or _NO_NAME.search(token):
            continue
        beside = "☎" in tokens[max(0, i - 1) : i + 2]
        last = i == len(tokens) - 1 and i > 0
        before_place = i == 0 and len(tokens) > 1 and _REGION.search(tokens[1]) is not None
        if token[0] in _CALLED_BY and (beside or last or before_place):
            return token
        likely += [token] if beside else []
    if likely:
        return likely[0]
    glued = _GLUED.search(_PLAIN_PHONE.sub("☎", address))
    name = _UNIT_BEFORE.sub("", glued[1] or glued[2]) if glued is not None else None
    if name is None or name[-1] in _PLACE_END or _NO_NAME.search(name):
        return None
    return name if name[0] in _CALLED_BY else None
