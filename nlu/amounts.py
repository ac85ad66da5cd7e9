"""Amounts in a text: denominations with units, durations, counts; and numbers that are none of these (22块8)."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from nlu.lexicon import Lexicon, Number, ProductIndex, SkuWords
from nlu.measures import counted_by_measure
from nlu.numerals import CHINESE, NUMERAL, read_numeral
from nlu.phrases import Mention
from nlu.text import sound
from nlu.words import COUNTERS, DURATIONS, GENERAL_COUNTERS, MONTHS_OF, MONTHS_OF_DAYS, PEOPLE

Kind = Literal["value", "months", "count", "word", "none"]


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount. `kind` "none" was said as a number but settles nothing; "word" is a SKU's own name without a number."""

    start: int
    end: int
    kind: Kind
    number: Number | None = None
    unit: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What an amount means for one product: a value, the SKUs it picks, or a count of things."""

    value: Number | None = None
    skus: tuple[SkuWords, ...] | None = None
    count: int | None = None


_DURATION = re.compile("|".join(word for word, _ in DURATIONS))
MAY_LAST = re.compile("[年季月周天日]|month|year")
_MONTHS = dict(DURATIONS)
_OTHER_UNIT = re.compile(
    r"\s*(?:兆|mb|tb|kg|ml|克|斤|公斤|毫升|公里|平(?![分摊均])|刀|美元|美金|美刀|港币|日元|m(?![a-z])|w(?![a-z])|cm|厘米|寸|英寸|度|(?<!\s)号(?![码也错不])|号线|路|班|年级|届|mins?(?![a-z])|minutes?|hours?(?![a-z])|days?(?![a-z])|hrs?(?![a-z]))"
)
_ENGLISH = {"two": 2, "three": 3, "俩": 2, "仨": 3}
_PAIRED = re.compile(
    r"(?<![a-z])(?:two|three)(?![a-z])\s*[张个份套]?|(?<![他她咱我你们妈娃])(?:俩|仨)(?!人|号|手机|孩|娃|老|口|都)"
)
_ONE_OF_IT = re.compile(r"(?<=[来要买拿])(?<!再要)[张条盒杯块份件套袋瓶本支](?=[\u4e00-\u9fffa-z])")
MAY_PAIR = re.compile("[俩仨t]")
_NO_AMOUNT_BEFORE = re.compile(
    r"(?:多少钱|几块钱|什么价|怎么卖|咋卖|几块|几钱|好多钱|价|第|no\.?|编号|身高|体重|(?:我|高|是)[一1]米|(?:没|别|莫)超过?|超过|不到|将近|接近|你们(?:[这那]里?|家|店里?|卖)?|不超过|不高于|低于|预算|少于|便宜|优惠|差|余额(?:有|到|够|满)|买[\d一二两三四五]{1,2}送|双|大概|大约|差不多|约莫|至少|最多|找我|发?票开|欠费?了?|余额|剩|送|能?抵|凑够?|付你|转账|红包|积分|上回[充买冲]?|每(?:次|天|趟)|坐一[次趟]|(?:一个?|每个?)[月周天年][洗充冲用吃打跑练上]|借我?|星期|礼拜|周|还剩|尾号(?:还?是|为)?|后面是?|末尾是?|[后前]几位是?|(?:最后|后|末|前|第)[一两几二三四]?(?:个数字|位数?|个数)?(?:应该)?(?:是|为)|开头是?|栋|幢|单元|号楼|(?:我|就|只|手里|手上|手头|兜里|身上|包里|还|一共|总共|现在|才)有|[充买满冲]\s*[\d一二两三四五六七八九十百]{1,4}(?:块|元|张|个)?[送赠返得减抵]|满|减|付|不止|贵了?|高出|便宜了|[才只就]卖|卖到|收|才|楼|生日|等级|级别|上次(?:充|买|冲)?了?|扣了我?|付了|花了|多扣了?|早上|上午|中午|下午|晚上|今晚|明晚|昨晚|凌晨|今早|今天|昨天|明天|\d{4}年|(?<![个\d])\d{1,2}月)\s*$"
)
OTHERS_TAKE = re.compile(
    r"(?:(?<![你您本贵这])(?<!你们)(?<!们家)店里?|隔壁|别家|别处|外面|楼下|市场上?|网上|淘宝上?|人家(?:那边|那里)|他们(?:那边|那里|家))[^,，。;；\s\d]{0,6}(?:要|收|卖|报价?|开价)(?:我|了|到)?(?=$|[\d一二两三四五六七八九十百])"
)
"""维修店要二百, 人家那边卖200: what somebody else takes for it."""
_TOGETHER = re.compile("块(?:儿|[算付结买下拿寄送](?!我))")
"""一块算: together, and not one yuan."""
_NO_AMOUNT_AFTER = re.compile(
    r"\s*(?:块|元|块钱)?\s*(?:开头|能买|可以买|以内|以下|以上|左右|上下|之内|内的|来块|多(?!少)|出头|不到|够|卖不卖|卖吗|卖嘛|行不行|成不成|得不得)|\s*(?:分钟|小时|点钟|点半|点(?=才|[下上]班|放学|收工|开始|结束|左右|到家|有空|之后)|岁|折|楼|栋|幢|单元|室|弄|层|年级|%|倍|遍|次|秒|毛|角(?!色)|人(?!民|份)|名?(?:工人|员工|职工|学生|老师|同事|同学|客户|业主|老人|村民)|口(?!令)|家(?!庭)|位|点前|点之前|点以后|月\d|月份|号楼|号前|维码|下|样|直|起|共|定|般|些|边|会(?!员)|旦|切|级|段(?!位)|排|座|台(?:设备|电脑|手机|电视|机器)|个(?:孩子|娃|小孩|同学|朋友|人)[,，\s]*一个|个(?:汉?字|数字|字母)|行字|个设备|辆车|星(?!巴)|米|升|颗|区|局|首|字|款|只(?!要)|匹|公分|集|关|趟|题|赛季|发(?![到给我票货到一])|分(?![钟别])|天内|天了|周年|个小时|个多(?!少)|个半)"
)


_DOZEN = re.compile(
    rf"(?<![\d{CHINESE}])(?:半|([一两二三四五1-5]))打(?![印折到包开算球车电工扫听单击断发法赏造给个得过完上王星钻铂一-九])"
)

_TURNED_INTO = ("改成", "改为", "换成", "变成", "改到")
_PERSONS = re.compile(r"\s*位(?=$|[\s,，。;；!！]|(?:成人|大人|小孩|儿童|老人|学生|孩子|女士|男士)|(?:来|要|想)?做)")
_RANKED = re.compile(r"(?:[后前第末尾头最们几]|号码|数字)$")
_CLOCK = re.compile(r"点(?:钟|半|前|之前|以前|以后|左右|整)")
_TOTAL = re.compile(r"(?:总共|一共|合计|总价|总计|共计|总数)(?:是|要|花|买|充|冲)?\s*$")
_HOUR = re.compile(r"点(?!券|卷|卡|数|币)")
_BY_CLOCK = re.compile(
    r"(?:早上|上午|中午|下午|晚上|傍晚|今晚|今早|明早|明晚|昨晚|凌晨|今天|明天|后天|昨天|听日|今日|寻日|夜晚|现在|大概|定个?|闹钟)$|到$"
)
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}[日号]?(?!\d)|(?<![\d.])\d{1,2}月\d{1,2}[日号](?!码)"
    r"|(?<![a-z])(?:utc|gmt)\s?[+-]\d{1,2}|\d{1,2}:\d\d(?!\d)|\d{1,2}\s?[ap]m(?![a-z])|\d{1,2}楼\d{3,4}(?!\d)|\d比\d(?!\d)|(?<![\d.])\d\.0(?![\d元块])"
)
"""Dates, hours and rooms: numbers that buy nothing."""
MAY_DATE = re.compile(r"[-/.年月:楼比]|utc|gmt|[ap]m")
"""Every one of them holds one of these (a test holds it against the pattern)."""
_ONE_EACH = re.compile(r"一个[充冲要来买][^,，]{1,4}?(?<=[十百千])(一)个[充冲要来买]")
_BY_TERM = re.compile(
    r"(?<![今去明前后\d一二两三四五六七八九十半整全个上下本这每几同当多])[年季月]的(?=$|[,，。 吧给来\d])"
)
"""大会员年的: by the year."""
_DIGIT = re.compile(r"\d")
_WILL_NOT = re.compile(
    r"\s*(?:块钱?|元|钱|大洋)?[,，\s]*(?:我|老子|俺)?(?:也|就是?|偏偏?|都|才|可|还是?){0,3}不(?:买|充|冲|花|订|给你|消费)"
)
"""Money he owns, and will not spend here."""
_MORE_OR_LESS = tuple("慢快早晚多少大小好高低宜贵近远急久长短轻重")
_POINTS = re.compile(r"(?:返|利|佣|提成|抽|赚|让|扣|折|优惠|便宜|手续费|费率|加|收|税|税点|毛|差)[^,，。;；\d]{0,4}$")
"""返3个点, 利润2个点: points of a hundred."""
_ONE_MORE = re.compile("(?<![我里卡号户手头])还有$")
_CLOSED_BY_DEED = re.compile("[次回遍](?:了|都|没|才|还|就|也|卡|票|券)")
_NEXT_WORD = re.compile(rf"\s*\n|\s+[{COUNTERS}](?:[号目据子]|\s?[\d一二三四五六七八九])")
"""What begins behind a line's end or a space is no unit of the number before it."""
_OR_SO = re.compile(r"来[张个份块星颗级天次分岁斤米页](?![\d一二两三四五六七八九十百])")
_IN_MONTH = re.compile(r"\s*月(?=[\u4e00-\u9fff])(?![卡的会包费套票份付度])")
_QUANTITY = re.compile(r"数量(?:改成|改为|改|换成|要|是|为|写|填|[:\s])*$")
_CENTS = re.compile(r"[\d一二三四五六七八九](?![\d一二三四五六七八九零〇幺十百千张份个])")
_TENTHS = re.compile(r"\s*[块元][\d一二三四五六七八九](?![\d十百千张份个])")
_HUNDRED_ONE = re.compile(r"[百千][一二三四五六七八九]$")
_HUNDREDS_AND_COUNT = re.compile("[一二两三四五六七八九][百千][一二三四五六七八九][一二两三四五六七八九]$")
_DAYS_AFTER = re.compile(r"\s*[天日](?![区卡租场])")
_AGED = re.compile(r"了(?=[,，。;；!！]|$)")
_PIECE_OF_TIME = re.compile(r"个(?:[年日周][\u4e00-\u9fff]|季(?!度)[\u4e00-\u9fff]|季度[^的\s\d])")
"""两个年卡, 三个日租: so many of them, and no two years; 三个月卡 may be for three months."""
_HOUSE_PART = re.compile(r"栋|幢|号楼|单元|弄|期(?=\d{1,2}[栋幢号])|排(?=\d)|层(?=\d)")
_BUILDING = re.compile(r"(?:栋|幢|号楼|单元|舍)[ ]?(?:[a-z]?\d{2,4}|\d单元)(?![\d元块个张份])")
"""送3栋216: a place, whatever stands before it."""
_HOUSE_BEFORE = re.compile("[路街道巷村镇区园城苑庭府湾里坊号院栋幢期座排元楼][ ]?$")
_NEXT_OF_THEM = re.compile(rf"个[\u4e00-\u9fff]{{2,3}}(?:\d{{1,2}}|[{CHINESE}俩]{{1,2}})[个张位]")
"""大人两个小孩一个: two of the former."""
_OTHERS = re.compile(r"(?:剩下|其余|其他|其它|另外|前面?|后面?|最后|这|那)的?$")
_NEGATIVE = re.compile(r"(?:^|[充冲买来要给加减少])\s?-$|负$")
_LESS_THAN_NOTHING = re.compile(r"(?:^|[\s\u4e00-\u9fff])(?:-|负)$")
_NUMBERED = re.compile(r"(?:^|\n)\s*(?:序号|编号|no\.?|第)?\s*(\d{1,2})(?:\s*[.、)）:：号单](?!\d)|\s+(?=\S))")
"""The lines of a list are numbered 1., 2. and so on."""
_MAY_HOLD = re.compile(
    rf"[\d{CHINESE}几数幺俩仨半包年月季周天日]|[来要买拿][张条盒杯块份件套袋瓶本支]|one|two|three|half"
)


_GENERATION = re.compile(
    r"(?<![\d.])[2-6]g(?=手机|网|卡|信号|的?手机)|(?<=手机是)[2-6]g|(?<=手机用)[2-6]g|(?<=网络是)[2-6]g"
)
"""A 5g phone is no 5 gigabytes."""


def mark_places_in_time(text: str, taken: bytearray) -> None:
    """Mark what tells a day, an hour, a room or a line's place, so that no part of it is an account or an amount."""
    numbered = list(_NUMBERED.finditer(text)) if "\n" in text else []
    if [int(match[1]) for match in numbered] == list(range(1, len(numbered) + 1)):
        for match in numbered:
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    if not _DIGIT.search(text):
        return
    dates = _DATE.finditer(text) if MAY_DATE.search(text) else ()
    for match in (*dates, *(_GENERATION.finditer(text) if "g" in text else ())):
        taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())


def find_amounts(
    text: str,
    mentions: list[Mention],
    lexicon: Lexicon,
    taken: bytearray,
    inside_longer: Callable[[int, int], str] = lambda _start, _end: "",
) -> list[Amount]:
    """Find every amount outside of what `taken` marks (accounts, addresses) and outside product, option and choice words.

    `inside_longer` tells whether a numeral is merely part of a word (三国, 四川).
    """
    if not _MAY_HOLD.search(text):
        return _sku_words(mentions, [])
    taken = bytearray(taken)
    ends = set()
    for mention in mentions:
        ends.add(mention.end)
        if not mention.entry.skus or mention.entry.products or mention.entry.options or mention.entry.choices:
            taken[mention.start : mention.end] = b"\x01" * (mention.end - mention.start)
    found: list[Amount] = []
    kinds = {(m.start, m.end) for m in mentions if m.entry.categories and not m.entry.products}
    for match in _DURATION.finditer(text) if MAY_LAST.search(text) else ():
        generic = match[0].endswith("会员") and (match.end() - 2, match.end()) in kinds
        if not any(taken[match.start() : match.end() - 2 * generic]):
            found.append(Amount(match.start(), match.end(), "months", _MONTHS[match[0]]))
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    for match in _BY_TERM.finditer(text) if "的" in text else ():
        if not any(taken[match.start() : match.end() - 1]):
            found.append(Amount(match.start(), match.end() - 1, "months", {"年": 12, "季": 3, "月": 1}[match[0][0]]))
            taken[match.start()] = 1
    for match in _DOZEN.finditer(text) if "打" in text else ():
        if not any(taken[match.start() : match.end()]):
            dozens = 0.5 if match[0][0] == "半" else read_numeral(match[1]) or 0
            found.append(Amount(match.start(), match.end(), "count", int(12 * dozens), "打"))
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    begun = {m.start for m in mentions if m.entry.skus or m.entry.products or m.entry.options}
    for match in _ONE_OF_IT.finditer(text):
        if match.end() in begun and not taken[match.start()]:
            found.append(Amount(match.start(), match.end(), "count", 1, match[0]))  # 来盒花好月圆
    for match in _PAIRED.finditer(text) if MAY_PAIR.search(text) else ():
        if not taken[match.start()]:
            unit, length = _unit_after(text[match.end() : match.end() + 8], lexicon) if match[0] in "俩仨" else ("", 0)
            if unit and unit not in lexicon.counters:
                lasting = Amount(match.start(), match.end() + length, "value", _ENGLISH[match[0]], unit)
                both = _with_unit(lasting, lexicon)  # 俩小时
                found += [both] if both else []
                taken[match.start() : match.end() + length] = b"\x01" * (match.end() + length - match.start())
                continue
            found.append(Amount(match.start(), match.end(), "count", _ENGLISH[match[0].rstrip(" 张个份套")]))
    if "小时" in lexicon.units:
        for match in _HOURS_AND_HALF.finditer(text):  # 一个半小时, 半个钟头
            whole = read_numeral(match[1]) if match[1] else 0
            if whole is not None and not any(taken[match.start() : match.end()]):
                lasted = text[: match.start()].endswith(("了", "过", "等", "差", "晚"))  # 迟到了半小时
                kind: Kind = "none" if lasted else "value"
                found.append(Amount(match.start(), match.end(), kind, whole + 0.5, "小时"))
                taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    ones = {match.start(1) for match in _ONE_EACH.finditer(text)}  # 一个充五十一个充三十
    for start in ones:
        taken[start] = 1
    for match in NUMERAL.finditer(text):
        start, end = match.span()
        if not match[0][0].isdecimal():  # 三十幺三九…, …七八一百: the phone is no part of it
            start = next((at for at in range(start, end) if not taken[at]), end)
            end = next((at for at in range(start, end) if taken[at]), end)
        if start == end:
            continue
        said = text[start:end]
        if end - start > 1 and end - 1 in ones:  # the second 一 is no part of fifty
            end -= 1
        if not any(taken[start:end]):
            if end - start <= 2 and not said[0].isdecimal():
                longer = inside_longer(start, end)
                if longer and start and taken[start - 1] and not longer.startswith(said):
                    longer = ""  # 7天一张: 天 belongs to the seven
                measured = len(longer) == len(said) + 1 and counted_by_measure(text, start, end, lexicon, ends)
                if longer and longer.removeprefix(said) not in lexicon.units and not measured:  # 两盘 counts
                    continue
            if said[-1] == "两" and len(said) > 1:  # 一百两张 is two of a hundred: 两 never ends a number
                pair = _amount(text, end - 1, end, lexicon, ends)
                found += [pair] if pair else []
                end -= 1
            if len(said) > 3 and _HUNDREDS_AND_COUNT.search(said) and text[end : end + 1] in GENERAL_COUNTERS:
                pair = _amount(text, end - 1, end, lexicon, ends)  # 三百八一张
                found += [pair] if pair else []
                end -= 1
                said = text[start:end]
            if len(said) > 2 and _HUNDRED_ONE.search(said) and text[end : end + 1] in ("张", "份"):
                one = _amount(text, end - 1, end, lexicon, ends) if said[-1] == "一" else None
                if one is None:
                    found.append(Amount(start, end + 1, "none"))  # 二百五张: 250 of them, or five of 200
                    taken[start : end + 1] = b"\x01" * (end + 1 - start)
                    continue
                found.append(one)  # 五百一张
                end -= 1
            amount = _amount(text, start, end, lexicon, ends)
            if amount is not None:
                found.append(amount)
                taken[amount.start : amount.end] = b"\x01" * (amount.end - amount.start)
    found = [a for a in found if a.kind != "months" or not any(o.start < a.start and a.end <= o.end for o in found)]
    found = _without_ranges(text, found + _sku_words(mentions, found))
    spans = {(amount.start, amount.end): amount for amount in found}
    return sorted(spans.values(), key=lambda amount: amount.start)


_HOURS_AND_HALF = re.compile(rf"(?:(\d{{1,2}}|[{CHINESE}])个半|半个?)(?:小时|钟头?)")
_RANGE = re.compile(r"\s*的?\s*(?:到|至|~|-|或者?|还是)(?:充|买|来|要|选)?\s*$")


def _without_ranges(text: str, found: list[Amount]) -> list[Amount]:
    """30到50 settles neither: both ends become numbers that mean nothing."""
    found.sort(key=lambda amount: amount.start)
    for i in range(len(found) - 1):
        one, other = found[i], found[i + 1]
        if one.kind == other.kind == "value" and _RANGE.match(text[one.end : other.start]):
            found[i], found[i + 1] = replace(one, kind="none"), replace(other, kind="none")
    return found


def _sku_words(mentions: list[Mention], found: list[Amount]) -> list[Amount]:
    """Join each SKU's own name with the amount it contains: 一个月 is both an alias and a month."""
    joined = []
    for mention in mentions:
        if not mention.entry.skus or mention.entry.products:
            continue
        inside = [a for a in found if a.start < mention.end and a.end > mention.start and a.kind != "none"]
        if inside and (inside[0].start < mention.start or inside[0].end > mention.end) and inside[0].kind == "months":
            continue  # 年卡 inside 半年卡
        if inside:
            amount = inside[0]
            for other in inside:  # the 3 of 三年3台 counts nothing either
                if other is amount or mention.start <= other.start < other.end <= mention.end:
                    found.remove(other)
            kind = amount.kind if amount.kind != "count" else "word"
            joined.append(
                Amount(
                    min(amount.start, mention.start),
                    max(amount.end, mention.end),
                    kind,
                    amount.number,
                    amount.unit,
                    mention.word,
                )
            )
        else:
            joined.append(Amount(mention.start, mention.end, "word", None, "", mention.word))
    return joined


def _amount(text: str, start: int, end: int, lexicon: Lexicon, ends: set[int]) -> Amount | None:
    said = text[start:end]
    before, after = text[max(0, start - 6) : start], text[end : end + 8]
    chinese = not said[0].isdecimal()
    if said in ("几", "数"):
        return None
    if said == "一" and _TOGETHER.match(after):
        return Amount(start, end + 1, "none")
    adds = (
        bool(_ONE_MORE.search(before)) and after[:1] and after[0] in f"{GENERAL_COUNTERS}的"
    )  # …，还有两张大杯, 还有50的
    adds = adds or (before.endswith("凑") and after[:1] and after[0] in GENERAL_COUNTERS)  # 凑两张
    if after[:1] in ("次", "回", "遍") and before[-1:] in tuple("充冲买来订") and not _CLOSED_BY_DEED.match(after):
        return Amount(start, end + 1, "count", read_numeral(said), "次")  # 充两次
    named = start in ends or (before.endswith(" ") and start - 1 in ends)  # 画图积分 100, where that is the name
    if not adds and (led := _NO_AMOUNT_BEFORE.search(before)) and not named and not _lasts(led, after, lexicon):
        tenths = _TENTHS.match(after)
        return Amount(start, end + (len(tenths[0]) if tenths else 0), "none")  # 欠费15块6: the 6 counts nothing
    if _PIECE_OF_TIME.match(after) and any(
        m.start == 0 and m.exact and m.entry.skus for m in lexicon.phrases.find(after[1:])
    ):
        return Amount(start, end + 1, "count", read_numeral(said), "个")
    if (_HOUSE_PART.match(after) and _HOUSE_BEFORE.search(before)) or _BUILDING.match(after):
        return Amount(start, end, "none")  # 科苑路15号4栋
    unit, length = _unit_after(after, lexicon)
    if length > 1 and after[0].isspace() and _NEXT_WORD.match(after):
        unit, length = "", 0  # 话费50\n单2 139…
    if not unit and _OTHER_UNIT.match(after):
        return Amount(start, end, "none")
    if (
        not unit
        and len(said) in (3, 4)
        and re.search(r"[给帮]\s*$", before)
        and re.match(r"\s*(?:充|冲|那|这|的|交|缴)", after)
    ):
        return Amount(start, end, "none")  # 给138充: the beginning of somebody's number
    if _HOUR.match(after) and (
        "点" not in lexicon.units or (_BY_CLOCK.search(before) and (read_numeral(said) or 99) <= 24)
    ):
        return Amount(start, end + 1, "none")
    if chinese and said[-1] in "十百千" and _OR_SO.match(after):
        return Amount(start, end + 2, "none")  # 一百来张: about a hundred, or one of a hundred
    if after.startswith("个人") and before.endswith(_TURNED_INTO):
        return Amount(start, end + 2, "count", read_numeral(said), "个")  # 改成三个人
    people = _PERSONS.match(after) if "位" in after else None
    if people and not _RANKED.search(before):
        return Amount(start, end + people.end(), "count", read_numeral(said), "位")  # 四位成人
    own_unit = unit != "元" and unit in lexicon.unit_products and unit not in GENERAL_COUNTERS
    own_unit = own_unit or (unit == "小时" and "分钟" in lexicon.unit_products)
    own_unit = own_unit or (start in ends and unit in lexicon.counters and unit not in COUNTERS)  # 打针两次
    own_unit = own_unit or (unit == "只" and "只" in lexicon.unit_products)  # 50只, and not "only"
    if unit in ("", after[:1]) and not own_unit and counted_by_measure(text, start, end, lexicon, ends):
        return Amount(start, end + 1, "count", read_numeral(said), after[0])
    counts_people = (not own_unit and _NO_AMOUNT_AFTER.match(after)) or (
        after.startswith(PEOPLE)
        and not _ITS_LABEL.match(text, end)
        and not _goods_begin(lexicon, after[1:] + text[end + 8 : end + 24])
    )
    if counts_people and not (start in ends and _NEXT_OF_THEM.match(after)):
        return Amount(start, end, "none")
    if not chinese and before and before[-1].isascii() and before[-1].isalpha() and start not in ends:
        if re.search(r"(?<![a-z])[x]$", before):
            return Amount(start - 1, end, "count", read_numeral(said))
        if not re.search(r"(?:rmb|qb|top ?up)$", before):
            return None
    number = read_numeral(said)
    days = _DAYS_AFTER.match(after)
    if days and not unit and not (days[0][0] == " " and _starts(lexicon, text, end + len(days[0]) - 1)):
        months = MONTHS_OF_DAYS.get(int(read_numeral(said) or 0))
        return Amount(
            start, end + len(days[0]), "months" if months else "none", months
        )  # 30天 of what is sold by the month
    if unit.startswith("点") and number == 1 and (before[-1:] in _MORE_OR_LESS or text.startswith("一点点", start)):
        return None  # 慢一点没关系
    if unit.startswith("点") and (number or 99) <= 30 and _POINTS.search(text[max(0, start - 12) : start]):
        return Amount(start, end + length, "none")  # 返3个点
    if before.endswith(("有", "揣", "揣着", "留着", "存着", "剩")) and _WILL_NOT.match(text, end):
        return Amount(start, end + length, "none")  # 有500也不充
    if unit == "元" and before.endswith("约"):
        return Amount(start, end + length, "none")  # 约50块; 约2小时 books two hours
    if _AGED.match(after) and (number or 100) < 100 and before[-1:] not in tuple("成为到是要充冲选改"):
        return Amount(start, end, "none")  # 我侄子18了
    if after[:1] == "送" and before[-1:] == "买":
        return Amount(start, end, "none")  # 买5送1
    if _CLOCK.match(after):
        return Amount(start, end + 1, "none")
    if after[:1] in ("次", "遍", "回") and before[-1:] in ("了", "过"):
        return Amount(start, end, "none")  # 挂了两次了
    if not unit and before.endswith("前") and (number or 0) >= 5:
        return Amount(start, end, "none")  # 冲到榜前20
    if unit == "个" and _OTHERS.search(before) and ((number or 0) < 10 or before[-1:] not in ("那", "这")):
        return Amount(start, end + length, "none")  # 剩下的两个 138… 139…
    if unit in COUNTERS and unit and _LESS_THAN_NOTHING.search(text[max(0, start - 2) : start]):
        return Amount(start, end + length, "none")
    if before.endswith(("-", "负")) and _NEGATIVE.search(before) and (start > 1 or "\n" not in text):
        return Amount(start, end + length, "none")  # -100 alone, 充-100; but 京东卡-200 is goods, and how much
    if (
        number is not None
        and number != int(number)
        and unit in ("", "元")
        and (number, unit or "元") not in lexicon.fractions
    ):
        return Amount(start, end + length, "none")  # 22.8的腾讯: a price
    if unit == "月" and after.lstrip()[:1] == "月" and (number or 99) <= 12 and _IN_MONTH.match(after):
        return Amount(start, end + 1, "none")  # 9月考
    if unit == "元" and _CENTS.match(after, length):
        return Amount(start, end + length + 1, "none")  # 22块8: a price
    if unit in ("", "元") and _others_take(text[max(0, start - 16) : start]):
        return Amount(start, end + length, "none")  # 维修店要二百
    if number == 0 and unit == "元" and (0, "元") not in lexicon.fractions:
        return Amount(start, end + length, "none")  # 0元给我: nothing is sold for nothing
    if number is None or (unit == "元" and _TOTAL.search(before)):
        return Amount(start, end + length, "none", number, unit)
    if _QUANTITY.search(text[max(0, start - 8) : start]):
        return Amount(start, end + length, "count", number)
    if before.rstrip().endswith(("x", "*")) and unit in ("", *COUNTERS) and number < 1000:
        return Amount(start - 1, end + length, "count", number)
    if unit == "个":  # 课时十个
        own, begins = _unit_before(text, start, lexicon)
        if own and own not in COUNTERS:
            return Amount(begins, end + length, "value", number, own)
    if unit:
        return _with_unit(Amount(start, end + length, "value", number, unit), lexicon)
    unit, begins = _unit_before(text, start, lexicon)
    if unit:
        return Amount(begins, end, "value", number, unit)
    if before.rstrip().endswith(("¥", "rmb")):
        return Amount(start, end, "value", number, "元")
    if chinese and len(said) == 1:
        return _lone_numeral(before, after, Amount(start, end, "value", number))
    if after[:1].isascii() and after[:1].isalpha() and not any(m == end for m in _starts(lexicon, text, end)):
        return None
    if chinese and _PHRASE.match(text, start):
        return Amount(start, end, "none")
    return Amount(start, end, "value", number)


def _others_take(before: str) -> bool:
    return any(found.end() == len(before) for found in OTHERS_TAKE.finditer(before))


_ITS_LABEL = re.compile(r"个(?:qq|手机|账)号?码?(?:是|为|[:=\s])*\d{5}")
"""51个QQ号792659161: of a currency, and then whose account."""
_PART_OF_DAY = re.compile(r"(?:早上|上午|中午|下午|晚上|今晚|明晚|今早|今天|明天|后天)\s*")


def _lasts(led: re.Match[str], after: str, lexicon: Lexicon) -> bool:
    """Tell whether a number behind a part of the day has a unit, and is no hour: 今晚 3个小时, 下午 16节."""
    unit, _ = _unit_after(after, lexicon)
    return _PART_OF_DAY.fullmatch(led[0]) is not None and bool(unit) and not unit.startswith(("点", "元"))


def _goods_begin(lexicon: Lexicon, rest: str) -> bool:
    """Tell whether the name of goods begins here: 两个手机散热背夹 counts them, and no telephones."""
    return any(m.start == 0 and m.exact and m.entry.products and len(m.word) > 2 for m in lexicon.phrases.find(rest))


_PHRASE = re.compile("十万火急|十万个为|十全十美|(?:五一|十一)(?:回|放|长假|假期|期间|出去|去|那|当|前|后|之|要回|我)")


def _unit_before(text: str, start: int, lexicon: Lexicon) -> tuple[str, int]:
    """Find a unit said first (点券300, 点卷300) and where it begins."""
    before = text[max(0, start - 8) : start].rstrip(" :,，的")
    if not before:
        return "", start
    end = start - (min(start, 8) - len(before))
    heard = sound(before)
    for code, key in lexicon.unit_sounds.items() if heard.endswith(lexicon.any_unit_sound) else ():
        if heard.endswith(code) and key not in _NO_LEADERS:
            counted = re.search(rf"[\d{CHINESE}]\s?个?\s?$", text[: end - len(code)])
            return ("", start) if counted else (key, end - len(code))  # 4小时 3个大人: the hours have their number
    return "", start


_NO_LEADERS = ("元", *MONTHS_OF)


def _starts(lexicon: Lexicon, text: str, place: int) -> list[int]:
    """Tell where a catalog word (or x2) begins, so that 50qb keeps its number and 4s does not."""
    rest = text[place:]
    if re.match(r"[x*]\s*\d", rest):
        return [place]
    return [mention.start + place for mention in lexicon.phrases.find(rest[:24]) if mention.start == 0]


def _with_unit(amount: Amount, lexicon: Lexicon) -> Amount | None:
    if amount.unit in MONTHS_OF:
        number = amount.number
        if number is None or number > 60:
            return None
        return Amount(amount.start, amount.end, "months", number * MONTHS_OF[amount.unit])
    if amount.unit == "周":
        return Amount(amount.start, amount.end, "months", -7 * (amount.number or 0)) if amount.number else None
    if amount.unit in lexicon.counters:
        return Amount(amount.start, amount.end, "count", amount.number, amount.unit)
    return amount


def _lone_numeral(before: str, after: str, amount: Amount) -> Amount | None:
    at_end = not after or after[0] in " ,，。!！;；、\n~吧呗哈"
    if at_end and re.search(r"[来要拿整买订]$", before):
        return Amount(amount.start, amount.end, "count", amount.number)
    return amount if at_end and (not before or re.search(r"[充冲 ,，。]$", before)) else None


_SPANS = (
    ("个月", "月"), ("月", "月"), ("年", "年"), ("季度", "季"),
    ("星期", "周"), ("礼拜", "周"), ("周", "周"), ("months", "月"), ("month", "月"), ("years", "年"), ("year", "年"),
)  # fmt: skip
_ANY_SPAN = tuple(span for span, _ in _SPANS)


_UNCOUNTED = ("天", "年", "分钟")
"""Nobody counts them by 个."""


def _unit_after(after: str, lexicon: Lexicon) -> tuple[str, int]:
    """Find the unit that follows a number: the catalog's own, money, or a counter. Gives it and how far it reaches."""
    skipped = len(after) - len(after.lstrip())
    rest = after[skipped:]
    tries = (rest, 0), (rest[1:].lstrip(), 1 + len(rest[1:]) - len(rest[1:].lstrip()))
    for part, more in tries if rest.startswith("个") else tries[:1]:
        heard = sound(part[:6])
        for code, key in lexicon.unit_sounds_from.get(heard[:1], ()):
            if heard.startswith(code):
                return key, skipped + more + len(code)
        for unit, key in lexicon.units_from.get(part[:1], ()):
            if more and key in _UNCOUNTED and len(unit) == 1:
                continue  # 3个日本7天
            if part.startswith(unit) and (unit not in COUNTERS or key in ("元", "星")):
                nxt = part[len(unit) : len(unit) + 1]
                if unit.isascii() and nxt.isascii() and nxt.isalpha():
                    continue
                if (unit in ("快钱", "快") and part.startswith("快充")) or (
                    unit in ("员", "园") and part[1:2] in "工区林"
                ):
                    continue
                return key, skipped + more + len(unit)
        for unit, key in _SPANS if part.startswith(_ANY_SPAN) else ():
            if part.startswith(unit) and (unit != "月" or more):
                return key, skipped + more + len(unit)
    if rest[:1] == "快" and rest[1:2] not in ("充", "递", "点", "线") and skipped == 0:
        return "元", 1
    if rest[:1] and rest[0] in lexicon.counters:
        return rest[0], skipped + 1
    return "", 0


def settle(product: ProductIndex, amount: Amount) -> Settled | None:
    """Read an amount as this product's; None when it cannot be one (60块 for a game whose currency is 点券)."""
    if amount.word:
        skus = product.by_word.get(amount.word)
        if skus:
            values = {sku.value for sku in skus}
            return Settled(skus[0].value if len(values) == 1 else None, tuple(skus))
    if amount.kind == "months" and amount.number is not None:
        return _settle_months(product, int(amount.number))
    if amount.number is None or amount.kind in ("none", "word"):
        return None
    if amount.kind == "count" and amount.unit and product.by_value and amount.unit == product.unit:
        return _settle_value(product, amount.number, amount.unit)  # 20桶 of something sold in 10, 20 or 50桶
    if amount.kind == "count":
        if (
            product.any_sku
            and amount.unit
            and (amount.unit == product.any_unit or (amount.unit == "个" and product.any_unit in COUNTERS))
        ):
            return _settle_any(product, amount.number)
        return Settled(count=int(amount.number)) if 0 < amount.number <= 10000 else None
    if amount.unit in product.piece_units and not product.valued:
        return Settled(count=int(amount.number)) if 0 < amount.number <= 10000 else None
    return _settle_value(product, amount.number, amount.unit)


def _settle_months(product: ProductIndex, months: int) -> Settled | None:
    if months > 0 and months in product.by_months:
        skus = product.by_months[months]
        values = {sku.value for sku in skus}
        return Settled(skus[0].value if len(values) == 1 else None, tuple(skus))
    if months > 0 and product.any_unit in ("月", "个月"):
        return _settle_any(product, months)  # 一年 of what is sold by any number of months
    days = -months if months < 0 else months * 30
    many = {"月": months if months > 0 else 0, "年": months // 12 if months % 12 == 0 else 0, "天": days}
    many |= {"周": days // 7 if days % 7 == 0 else 0, "季": months // 3 if months > 0 and months % 3 == 0 else 0}
    if (number := many.get(product.any_unit, 0)) > 0:
        return _settle_any(product, number)  # 绿钻三个月, sold by any number of months
    value: Number | None = None
    if product.unit == "月" and months > 0:
        value = months
    elif product.unit == "年" and months > 0 and months % 12 == 0:
        value = months // 12
    elif product.unit == "天" and (months < 0 or days in product.by_value):
        value = days  # 一个月 of what is sold by 3 and 7天 is not exactly 30天
    return None if value is None else Settled(value, tuple(product.by_value.get(value, ())))


def _settle_any(product: ProductIndex, number: Number) -> Settled:
    number = int(number) if number == int(number) else number
    fitting = [
        sku
        for sku in product.any_skus
        if sku.any_value and isinstance(number, int) and sku.any_value[0] <= number <= sku.any_value[1]
    ]
    return Settled(number, tuple(fitting))


def _settle_value(product: ProductIndex, number: Number, unit: str) -> Settled | None:
    if unit == "小时" and "分钟" in (product.unit, product.any_unit):
        number, unit = number * 60, "分钟"
        number = int(number) if number == int(number) else number
    if not unit and "万" in (product.unit, product.any_unit) and number >= 10000 and number % 10000 == 0:
        number, unit = number // 10000, "万"  # 500万 of something sold by the 万
    for pair_unit in _alike(unit, product):
        skus = product.by_pair.get((number, pair_unit))
        if skus:
            values = {sku.value for sku in skus}
            return Settled(skus[0].value if len(values) == 1 else None, tuple(skus))
    if product.any_sku and product.any_sku.any_value:
        if unit in ("", product.any_unit):
            return _settle_any(product, number)
        if unit == "元" and product.any_sku.face_yuan:
            return _settle_any(product, number / product.any_sku.face_yuan)
        return None
    if unit == "":
        return _settle_bare(product, number)
    if product.valued and (product.unit in _alike(unit, product) or unit in product.same_units):
        return Settled(number, ()) if number == int(number) or unit != "元" else None
    if unit == "元":
        skus = [sku for sku in _all_skus(product) if sku.face_yuan == number and sku.value is not None]
        if skus and len({sku.value for sku in skus}) == 1:
            return Settled(skus[0].value, tuple(skus))
    return None


_LASTING = ("月", "年", "天", "小时", "分钟")


def _settle_bare(product: ProductIndex, number: Number) -> Settled | None:
    if number in product.by_value:
        return Settled(number, tuple(product.by_value[number]))
    named = {sku.code: sku for (n, _), skus in product.by_pair.items() if n == number for sku in skus}
    if named:
        skus = tuple(named.values())
        values = {sku.value for sku in skus}
        return Settled(skus[0].value if len(values) == 1 else None, skus)
    if product.valued and number == int(number) and number >= 1:
        return None if product.unit in _LASTING else Settled(number, ())  # 网盘会员27一月那个: no 27 months
    return Settled(count=int(number)) if not product.valued and number == int(number) and 0 < number < 10 else None


def _all_skus(product: ProductIndex) -> tuple[SkuWords, ...]:
    return product.words.skus


def _alike(unit: str, product: ProductIndex) -> list[str]:
    """List the product's units that a said unit can mean: 点 is short for 点券."""
    if not unit:
        return []
    alike = [unit]
    if unit == "点":
        alike += [known for known in product.pair_units if known.startswith("点")]
    return alike
