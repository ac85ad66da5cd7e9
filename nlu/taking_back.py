"""What the buyer took back: negation, correction, what is only told, for another time, or for somebody else."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from dataclasses import replace

from nlu.amounts import Amount
from nlu.phrases import Mention
from nlu.seen import BREAK, CLAUSE, Ref, Seen, chooses, slot_names
from nlu.surnames import KIN
from nlu.telling import unwanted
from nlu.words import DONE_TO_THINGS

_NEGATED = re.compile(
    r"(?<![要是])(?:not|不要|莫[充买要搞弄]|唔好|唔系(?!\s)|不是|不用|(?<![分区特个级班性类组])别(?:给我|帮我)?(?:弄|搞|充|冲|整|买|要|发|报|租|订|拍|选|拿|来|换|开|办|洗|做|用|寄|送)?(?:成|错)?|用不着|犯不着|没必要|取消|去掉|删掉?|不想要|不买|别给我|除了|而不是|(?<!不)不[来充选冲租订报约拍办考学换看发寄送做洗走吃坐喝爱去]|不喜欢|不想[吃坐喝走]|唔要|不需要)(?:(?:那个|这个|充|买|来|给|冲|选|整|要|到|我的?)*|了)\s*$"
)


_DECLINED = re.compile(
    r"\s*(?:款|味|码|色|型|档)?(?:的|那[个张份])?(?:就|都|我|先)?(?:不要(?:了|(?=$|[\s,，。;；!！]))|不用了|别[要买充]了|不[买充冲租订报约拍考学]了|算了)"
)


_TAKEN_BACK = re.compile(
    r"\s*(?:块|元|的|那个|卡)?[,，]?\s*(?:我)?(?:不要(?:了|(?=$|[\s,，。;；!！要换改充来给]))|说错|错了|不对|太[多贵]|不够|就不|算了)"
)


_CORRECTION = re.compile(
    r"不对|唔系|唔啱|(?<=[,，。 …—~\-呃额嗯啊哦噢哎诶唉欸])不+(?=[,，。 …—~-])|(?<=[十百千万\d块元张个枚颗份条页])不(?=[\d一二两三四五六七八九])|不是(?!这|那|吗|说)|说错|打错|写错|搞错|弄错|错了|算了|哦不|啊不|噢不|不不|改成?|换成|换(?=大|小|年|月|季|专|家|快|慢|苹|安)|改为|改到|还是(?!有|没|那)|等等|等一下|等下|应该是|更正|口误|不好意思|(?<=[,，。 ])[哦噢](?=[\d一二两三四五六七八九十百千]{1,5}[^,，。]{0,4}吧)"
)


def drop_taken_back(seen: Seen) -> None:
    """Apply negation (不要年卡) and correction (充50…不对充100): what was taken back is no longer there."""
    among = seen.text.find("其中")
    if among > 0:  # 3张，其中1张学生票: speaks of a part, and a part is not asked for by itself
        seen.amounts = [amount for amount in seen.amounts if amount.start < among]
        seen.mentions = [m for m in seen.mentions if m.start < among or m.entry.means_things]
    _drop_what_is_told(seen)
    _drop_what_he_has(seen)
    _drop_withdrawn(seen)
    may_take_back = MAY_TAKE_BACK.search(seen.text) is not None
    if may_take_back:
        _drop_refused_goods(seen)
        _drop_by_place(seen)
    _drop_own_number(seen)
    _drop_contact(seen)
    if may_take_back:
        _drop_refused(seen)
    _drop_counted_before(seen)
    _drop_weighed(seen)
    _drop_by_owner(seen)
    for match in _CORRECTION.finditer(seen.text) if may_take_back else ():
        if match[0] != "还是" or not _asks_which(seen, match.start(), match.end()):
            _correct(seen, match.start(), match.end())


def corrects_itself(seen: Seen) -> bool:
    """Tell whether goods are both said and corrected: 盐搓两张 说错了 奶搓 asks for something, and changes no order."""
    if _OF_BEFORE.search(seen.text):
        return False
    for match in _CORRECTION.finditer(seen.text):
        said = sum(m.end <= match.start() for m in seen.mentions if chooses(m) or m.entry.means_things)
        said += sum(a.end <= match.start() for a in seen.amounts if a.kind != "none" and not a.word)
        anew = any(chooses(m) and m.start >= match.end() for m in seen.mentions)
        if anew and (said > 1 or (said and _WISHES.match(seen.text))):
            return True
    return False


_OF_BEFORE = re.compile(
    r"刚[才刚]|之前|上[次面]|[那这刚][个单条份张]|订单|单子|[下买付订充][的过]|[改换]成|^[把将改换]"
)
_WISHES = re.compile(r"[\u4e00-\u9fff]{0,3}[来要买订充给帮打挂做洗租]")


def _asks_which(seen: Seen, start: int, end: int) -> bool:
    """快充还是慢充好, 生椰好喝还是美式好喝: which of two asks, and corrects nothing."""
    said = seen.text.rstrip("吗呢呀啊?？。")
    if start > 1 and said[-2:] == seen.text[start - 2 : start] and len(said) > end:
        seen.amounts = [a for a in seen.amounts if a.kind == "count"]
        return True
    before = any(m.end == start for m in seen.mentions) or any(a.end == start for a in seen.amounts)
    after = any(m.start == end for m in seen.mentions) or any(a.start == end for a in seen.amounts)
    return before and after and _WHICH.search(seen.text, end) is not None


_WHICH = re.compile("[?？吗呢好]|哪个?|划算|便宜|合适|都(?:行|可以)|随便|有?区别|怎么选|不知道|纠结")


def _drop_refused_goods(seen: Seen) -> None:
    """不是steam50; 138…的不要了: goods with their amounts, and numbers, that are refused where they stand."""
    refused_options = {m.end for m in seen.mentions if m.entry.owners and negated(seen.text, m.start)}
    refused = [ref for ref in seen.refs if negated(seen.text, ref.start) or ref.start in refused_options]
    seen.refs = [ref for ref in seen.refs if ref not in refused]
    seen.amounts = [a for a in seen.amounts if not any(0 <= a.start - ref.end <= 1 for ref in refused)]  # 不是steam50
    declined = {a.said for a in seen.accounts if _NOT_FOR.match(seen.text, a.end)}
    if not declined.issuperset(a.said for a in seen.accounts):  # 138…的不要了: that number and all that was for it
        seen.accounts = [a for a in seen.accounts if a.said not in declined]
    mixed = {a.said for a in seen.accounts if _NOT_MIXED.match(seen.text, a.end)}
    if not mixed.issuperset(a.said for a in seen.accounts):  # 我媳妇那个号是139…，别充错了
        seen.accounts = [a for a in seen.accounts if a.said not in mixed]


def _drop_refused(seen: Seen) -> None:
    """除了138…都充50; 不要慢充; 要是没有50的就来100的: what is refused of everything that was said."""
    gone = {a.said for a in seen.accounts if negated(seen.text, a.start)}
    seen.refs = [
        ref
        for ref in seen.refs
        if not any(
            _EXCHANGED.fullmatch(seen.text[ref.end : other.start]) for other in seen.refs if other.start > ref.end
        )
    ]
    meant = [a for a in seen.accounts if a.said not in gone]  # 除了138…都充50: wherever it was said
    seen.accounts = meant or seen.accounts  # 是139…不是138…
    _drop_declined_goods(seen)
    seen.amounts = [a for a in seen.amounts if not negated(seen.text, a.start) and not _taken_back(seen, a)]
    lacking = [a for a in seen.amounts if _LACKING.search(seen.text[: a.start]) and _INSTEAD.match(seen.text, a.end)]
    seen.amounts = [a for a in seen.amounts if a not in lacking]  # 要是没有50的就来100的
    gone_options = [
        m
        for m in seen.mentions
        if (m.entry.options or m.entry.choices)
        and (
            negated(seen.text, m.start)
            or (_DECLINED.match(seen.text, m.end) and len(seen.mentions) > 1)
            or _UNFIT.match(seen.text, m.end)
        )
    ]
    seen.mentions = [m for m in seen.mentions if m not in gone_options]
    seen.refused = gone_options
    seen.amounts = [a for a in seen.amounts if not a.word or not any(m.start == a.start for m in gone_options)]


MAY_TAKE_BACK = re.compile("[不没别莫唔甭删错算太换改等哦噢]|取消|去掉|除了|not|还是|应该是|更正|口误")
"""Where none of these stands nothing is refused or corrected (a test holds this against the patterns)."""


_UNFIT = re.compile(
    r"(?:的|票)?(?:我|就|都|也)?(?:没[空时]|没意思|不去|不看|不坐|不吃|不喜欢|不合适|不行|赶不上|[穿坐放装]不下|用不[上了]|不够[吃喝用]|太[贵小大远晚早])(?![吗么嘛?？])"
)


def _drop_withdrawn(seen: Seen) -> None:
    """大杯两个 大杯不要了 中杯一杯: what was said, with how many, and is said again only to be declined, is gone."""
    if "不" not in seen.text and "别" not in seen.text and "算了" not in seen.text:
        return
    named = [(m.start, m.end, m.word) for m in seen.mentions if m.entry.skus or m.entry.options]
    named += [(a.start, a.end, str(a.number)) for a in seen.amounts if a.kind == "value" and a.number is not None]
    for start, end, word in named:
        first = next((one for one in named if one[2] == word and one[1] <= start), None)
        if first is None or not _DECLINED.match(seen.text, end):
            continue
        seen.amounts = [a for a in seen.amounts if not first[0] <= a.start < end]
        seen.mentions = [m for m in seen.mentions if (m.start, m.end) not in (first[:2], (start, end))]


_LACKING, _INSTEAD = re.compile(r"没有?\s*$"), re.compile(r"\s*的?(?:的话|了|货)?[,，\s]*(?:那|我)?就")


_EXCHANGED = re.compile(r"\s*的?(?:那个)?(?:换|改|换成|改成|改为)\s*(?:个|了)?")


def _drop_what_is_told(seen: Seen) -> None:
    """Leave out what is only told of (优酷还没到期，续爱奇艺), where the rest of the message asks for something itself."""
    if not seen.told:
        return
    asked = [ref for ref in seen.refs if not seen.tells(ref.start)]
    amounts = [a for a in seen.amounts if not seen.tells(a.start) and a.kind != "none"]
    mentions = [m for m in seen.mentions if not seen.tells(m.start)]
    for_whom = [account for account in seen.accounts if not seen.tells(account.start)]
    seen.accounts = for_whom or seen.accounts  # 我自己138…不用充，给139…充50
    if any(ref.product or ref.candidates for ref in asked):
        slots = {name for mention in mentions for name in slot_names(mention)}
        standing = [m for m in seen.mentions if m.entry.choices and slots.isdisjoint(slot_names(m))]  # 我现在是钻石
        seen.refs, seen.amounts = asked, amounts
        seen.mentions = [m for m in seen.mentions if m in mentions or m in standing]
        return
    if mentions or amounts or seen.accounts:
        more = _MORE_OF_IT.search(seen.text) if not any(ref.product for ref in asked) else None  # 有30个了，再来70个
        slots = {name for m in mentions if m.entry.options for name in slot_names(m)}
        weighed = [m for m in seen.mentions if seen.tells(m.start) and slots.intersection(slot_names(m))]
        pieces = [
            p for p in seen.told
            if unwanted(seen.text[slice(*p)].strip()) and not (more and p[1] <= more.start())
            and not any(p[0] <= m.start < p[1] for m in weighed)  # 庙会票夜场没意思，日场两张
        ]  # fmt: skip
        seen.refs = [ref for ref in seen.refs if not any(start <= ref.start < end for start, end in pieces)]
    chosen = any(chooses(m) for m in mentions)
    if any(amount.kind != "count" for amount in amounts) or (chosen and for_whom):  # 昨天买了2张80的，再来1张180的
        seen.amounts = amounts
    if chosen:
        seen.mentions = [m for m in seen.mentions if m in mentions or m.entry.means_things]
        counted = any(amount.kind == "count" for amount in amounts)
        seen.amounts = [a for a in seen.amounts if a in amounts or not (a.word or (counted and a.kind == "count"))]


_HAS = re.compile(
    r"(?<!店)(?<!库)(?<!群)(?<!你们这)(?:里|里面|里头|上面)(?:已经|还|就|只|都|现在)*有了?$|已有$|(?:已经|目前)(?:还|都)?有了?$|(?:[攒存囤屯]|攒够)(?:了|到)$|(?:身上|兜里|手里|手头|包里|口袋里?)(?:就|只|还|一共|总共)*有?$"
)
_AIMS_AT = re.compile(r"(?:[凑补达攒涨充](?:到|够|至)|(?:凑|补|充|攒)满|[才就能]够|差[^,，。;；]{1,5}[到够]|要[到够])$")
MAY_BE_THERE = re.compile("[有攒存囤屯里上头袋到够至满]")
"""What both of them need."""
MAY_STAND_AT = re.compile("已经|[号老直]卡|卡[在到]|停|到了|现在|目前|这会|当前")
_ASKS_WHETHER = re.compile(r"[^,，。;；]*?[吗么没嘛?？]")
_IS_HIS = re.compile(
    r"(?:我|我们|咱|俺)(?![^,，。;；]{0,4}[要说选指]的?是)(?:家|的|这|手[里上头])?[^,，。;；是用开]{0,6}(?:现在|目前|一直)?(?:是(?!不|要|想|说|来|帮|给|为|买|充|在|第)|(?:用|开|骑)的?是?)"
)


def _drop_what_he_has(seen: Seen) -> None:
    """Leave out what an account holds or shall reach (号里有80，再来20; 凑到500), and goods that describe his own thing."""
    if MAY_BE_THERE.search(seen.text):
        seen.amounts = [a for a in seen.amounts if a.kind == "none" or not _is_balance(seen.text, a)]
    if MAY_STAND_AT.search(seen.text):
        seen.amounts = [a for a in seen.amounts if not _is_state(seen.text, a, seen.amounts)]
    for match in CLAUSE.finditer(seen.text) if _IS_HIS.search(seen.text) else ():
        start, end = match.span()
        _drop_what_his_is(seen, start, end)
        if len({ref.product for ref in seen.refs if ref.product}) < 2:
            continue
        own = [ref for ref in seen.refs if start <= ref.start < end]
        if (
            own
            and _IS_HIS.match(match[0].strip())
            and {r.product for r in own}.isdisjoint(ref.product for ref in seen.refs if ref not in own)
        ):  # 我家车是17寸轮胎，洗车卡一张
            seen.refs = [ref for ref in seen.refs if ref not in own]
            seen.amounts = [a for a in seen.amounts if not start <= a.start < end]


_LEAVES = re.compile("升级|(?:想|要)换|换成?个?")


def _drop_what_his_is(seen: Seen, start: int, end: int) -> None:
    """我win11是家庭版的，升级专业版: of one option's two values, the one that tells what he has is not ordered."""
    if not _IS_HIS.match(seen.text[start:end].strip()):
        return
    later = {name for m in seen.mentions if m.start >= end and m.entry.options for name in slot_names(m)}
    leaves = _LEAVES.search(seen.text, end) is not None  # 我现在用5W-40，想换机油
    his = [m for m in seen.mentions if start <= m.start < end and chooses(m)]
    his = [m for m in his if later.intersection(slot_names(m)) or (leaves and m.entry.options)]
    his = [m for m in his if not m.entry.means_things and not any(start <= a.start < end for a in seen.accounts)]
    seen.mentions = [m for m in seen.mentions if m not in his]
    seen.amounts = [a for a in seen.amounts if not any(m.start == a.start for m in his)]


_NO_WISH = r"[^\d,，。;；\s要充来买加打给改换整搞开]"
_STANDS_AT = re.compile(
    rf"(?:(?:已经|卡[在到]|停在|停留在|[打上掉]到了){_NO_WISH}{{0,4}}|(?:号|老|一直)卡{_NO_WISH}{{1,4}})$"
)
_NOW = re.compile(rf"(?:现在|目前|这会儿?|当前)(?:是|才|就|只|有|在)*{_NO_WISH}{{0,4}}$")
_SAID_OF_NOW = re.compile(r"[多来]?[颗个]?星?(?:了|的样子|左右)?(?=$|[\s,，。;；])")


def _is_state(text: str, amount: Amount, others: list[Amount]) -> bool:
    """Tell whether an amount says how things stand: 我现在30星 给我打12颗; 卡王者20星了. By itself 现在50 may be a wish."""
    before = text[max(0, amount.start - 10) : amount.start]
    if not _SAID_OF_NOW.match(text, amount.end) or amount.kind not in ("value", "count"):
        return False
    if _STANDS_AT.search(before):
        return True
    return _NOW.search(before) is not None and any(o.start > amount.end and o.kind == amount.kind for o in others)


def _is_balance(text: str, amount: Amount) -> bool:
    before = text[max(0, amount.start - 8) : amount.start]
    if _AIMS_AT.search(before):
        return amount.kind == "value" or (amount.number or 0) > 9
    return _HAS.search(before) is not None and not _ASKS_WHETHER.match(text, amount.end)


_MORE_OF_IT = re.compile(r"(?:再|还[想要差])[来补买要加充冲报续]?(?:个|点|上)?(?=[\d一二两三四五六七八九十百])")


_PLACES = re.compile(
    r"(?:第(?P<nth>[一二两三四五1-5])个|(?P<last>后面?那?个|最后那?一?个)|(?P<first>前面?那?个|头一个))(?:号码?|人|手机)?的?(?:就|先|也|我|都)*"
    r"(?:(?:不用|不要|不|别|甭)(?:用|要|再|给)?[充冲买弄交搞]?(?:了|$|[,，。])|(?:算|取消)了?(?:吧|$|[\s,，。]))"
)


def _drop_by_place(seen: Seen) -> None:
    """138…和139…，第二个不用充了: one of several accounts, taken back by its place."""
    match = _PLACES.search(seen.text)
    before = sorted((a for a in seen.accounts if match and a.end <= match.start()), key=lambda a: a.start)
    if match is None or len(before) < 2:
        return
    nth = "一二三四五".find(match["nth"].translate(str.maketrans("两12345", "二一二三四五"))) if match["nth"] else 0
    at = len(before) - 1 if match["last"] else nth
    if 0 <= at < len(before):
        seen.accounts = [account for account in seen.accounts if account is not before[at]]
        sums = [a for a in seen.amounts if a.kind == "value"]
        if len(sums) == len(before):  # 给138…充50 139…充100
            seen.amounts = [a for a in seen.amounts if a is not sums[at]]


_OWN_NUMBER = re.compile(
    r"(?:^|[,，。;；\s])(?:我是|用|我(?:自己)?的?(?:联系)?(?:电话|手机|号码?|qq|微信)(?:号码?|号)?(?:是|:)?|联系(?:电话|方式|人)(?:是|:)?)\s*$"
)


_FOR_THIS = re.compile(r"(?:充到|充给|充进|冲到|冲给|给|帮|为|替)(?:我|他|她)?[\u4e00-\u9fff]{0,3}?\s*$")


def _drop_own_number(seen: Seen) -> None:
    """我是138…，帮139…充100: who speaks is told, and is not whom it is for."""
    if len(seen.accounts) != 2:
        return
    own = [a for a in seen.accounts if _OWN_NUMBER.search(seen.text[max(0, a.start - 12) : a.start])]
    wanted = [a for a in seen.accounts if a not in own and _FOR_THIS.search(seen.text[max(0, a.start - 8) : a.start])]
    if len(own) == len(wanted) == 1:
        seen.accounts = wanted


_CONTACT = re.compile(
    r"(?:联系|联络|找)(?:我|人|方式|电话|手机|号码?|[打的就请是:：拨,，\s])*$"
    r"|(?:有事|有问题|不行|失败|出错|没成功?|打不通|充不上)(?:了|的话|就|请|可以|再|[,，\s])*(?:打|拨|call|加|找)(?:我|给我|这个|电话|号码?|[:：\s])*$"
    r"|(?:备用|备选|应急|紧急)的?(?:手机|电话|联系)?(?:人|号码?)?(?:是|为|[:：\s])*$"
)
_MY_PHONE = re.compile(r"(?:^|[,，。;；\s])(?:我|本人)的?(?:电话|手机|手机号|号码|联系电话)号?码?(?:是|为|[:：\s])*$")
_CHARGED_TOO = re.compile(r"[^,，。;；\n]{0,6}[充冲交缴]|\s*(?:也|各|都|一起)")
_TO_BE_CHARGED = re.compile(r"[各都]|分别|两个号|[和跟与、]\s*$")


def _drop_contact(seen: Seen) -> None:
    """充50 139…，有事打136…: where he can be reached is not what is topped up; one number alone is what he has."""
    phones = [a for a in seen.accounts if _MOBILE.fullmatch(a.said)]
    contacts = []
    for account in phones[:MOST_PHONES]:
        before = seen.text[max(0, account.start - 14) : account.start]
        mine = account is not phones[0] and _MY_PHONE.search(before) and not _TO_BE_CHARGED.search(seen.text)
        if (_CONTACT.search(before) or mine) and not _CHARGED_TOO.match(seen.text, account.end):
            contacts.append(account)
    if contacts and len(contacts) < len(phones):
        seen.accounts = [account for account in seen.accounts if account not in contacts]


MOST_PHONES = 50
_MOBILE = re.compile(r"1[3-9]\d{9}")


def _drop_declined_goods(seen: Seen) -> None:
    """京东卡100和steam50各一张，哦京东的不要了: those goods go wherever they were named, and their amounts with them."""
    declined = [ref for ref in seen.refs if _DECLINED.match(seen.text, ref.end)]
    if not any(ref.product for ref in seen.refs if ref not in declined):
        return
    gone = {ref.product for ref in declined if ref.product}
    others = {ref.product for ref in seen.refs if ref.product} - gone
    twice = [ref for ref in seen.refs if ref.product in gone and ref not in declined]
    if twice and others and declined[-1].start > seen.refs[-1].start - 1:
        for ref in twice:
            following = [other.start for other in seen.refs if other.start > ref.start]
            until = min(following, default=len(seen.text))
            seen.amounts = [a for a in seen.amounts if not ref.start <= a.start < until]
        declined += twice
    seen.refs = [ref for ref in seen.refs if ref not in declined]


_AFTERTHOUGHT = re.compile(r"[,，。 ](?:啊|哦|噢|诶|哎|不对|算了|还是|要不)[,，\s]*")


def _drop_counted_before(seen: Seen) -> None:
    """2小时的三张5小时的两张，啊5小时的一张就行: the same size said again with another count."""
    match = _AFTERTHOUGHT.search(seen.text) if len(seen.amounts) > 2 else None
    if match is None:
        return
    later = [a for a in seen.amounts if a.start >= match.end()]
    for again in (a for a in later if a.kind in ("value", "months", "word")):
        earlier = [a for a in seen.amounts if a.end <= match.start() and _same_size(a, again)]
        counted = any(a.kind == "count" and a.start >= again.end for a in later)
        if len(earlier) != 1 or not counted:
            continue
        sizes = [a.start for a in seen.amounts if a.kind != "count" and a.start > earlier[0].start]
        until = min(sizes, default=match.start())
        seen.amounts = [a for a in seen.amounts if not earlier[0].start <= a.start < until]


def _same_size(one: Amount, other: Amount) -> bool:
    return (one.kind, one.number, one.unit, one.word) == (other.kind, other.number, other.unit, other.word)


_ASKED_FIRST = re.compile("(?:[吗没么?？]|没有了?|没货|卖完了?|[不没]够)[,，。?？!！\\s]*$")


_THEN = re.compile(r"\s*那(?:就|还是|来|要|充|给我|我)*")
"""油卡100的不卖吗？那200吧"""


_SETTLED = re.compile(r"吧(?:\s|$)")
_SETTLES = re.compile(r"\s*(?:嗯|呃|那|我|老板|\s)*(?:那就|就|还是|要)(?:要|来|买|充|选|拿|办|开|订|报|给我)*")


def _drop_weighed(seen: Seen) -> None:
    """月卡21块5，年卡199，那就年卡吧: what was only weighed before the last clause said again which it shall be."""
    for match in reversed(list(CLAUSE.finditer(seen.text))) if BREAK.search(seen.text) else ():
        start, end = match.span()
        sizes = [a for a in seen.amounts if start <= a.start < end and a.kind in ("value", "months", "word")]
        chosen = [m for m in seen.mentions if start <= m.start < end and (m.entry.options or m.entry.choices)]
        if not sizes and not chosen:
            continue
        if (
            not start
            or len(sizes) > 1
            or not (_SETTLES.match(match[0]) or _THEN.match(match[0]) or _SETTLED.search(match[0]))
        ):
            return
        before = [a for a in seen.amounts if a.end <= start and a.kind != "count"]
        pairs = {pair for m in chosen for pair in (*m.entry.options, *m.entry.choices)}
        names = {name for name, _ in pairs}
        rivals = [m for m in seen.mentions if m.end <= start and names.intersection(slot_names(m))]
        again = bool(_ASKED_FIRST.search(seen.text[:start]) and _THEN.match(match[0]))
        again |= any(_same_size(a, one) or a.word == one.word != "" for a in before for one in sizes)
        again |= any(pairs.intersection((*m.entry.options, *m.entry.choices)) for m in rivals)
        if again and (len(before) > 1 or len(rivals) > 1 or _THEN.match(match[0])):
            seen.amounts = [a for a in seen.amounts if a not in before]
            seen.mentions = [m for m in seen.mentions if m not in rivals]
        return


_FOR_WHOM = re.compile(rf"(?:给|帮|替)(我?(?:{KIN})|我自己)[\u4e00-\u9fff]{{0,2}}[充冲买打续交开办]")


_WHOSE = re.compile(rf"(?:我?({KIN})|我自?己?)[\u4e00-\u9fff]{{0,4}}的?[\u4e00-\u9fffa-z]{{0,6}}(?:是|:)?\s*$")


def _drop_by_owner(seen: Seen) -> None:
    """我妹的编号是A，我的是B，给我妹充: of accounts told with their owners, those of whom it is for."""
    match = _FOR_WHOM.search(seen.text) if len(seen.accounts) > 1 else None
    if match is None:
        return
    wanted = _TWICE.sub(r"\1", match[1].removeprefix("我").removesuffix("自己"))
    whose = [_WHOSE.search(seen.text[max(0, a.start - 14) : a.start].rpartition(",")[2]) for a in seen.accounts]
    if all(whose) and match.start() >= max(a.end for a in seen.accounts):
        kept = [
            a
            for a, owner in zip(seen.accounts, whose, strict=True)
            if owner and _TWICE.sub(r"\1", owner[1] or "") == wanted
        ]
        seen.accounts = kept or seen.accounts


_TWICE = re.compile(r"(.)\1")
"""妹妹 and 妹 are the same."""
_NOT_MIXED = re.compile(r"[,，\s]*(?:可|千万|你)*别[充冲弄搞打发]错")


_NOT_FOR = re.compile(r"\s*的?(?:那个|这个|号)?(?:就|都|我|先)?不(?:用|要|充|冲|买|弄|交)了")


_CLOSED = re.compile(r"不[要用买]了[\s,，。!！]+|(?<=[^\s,，。;；!！我就都也先是还那])不[要用买][\s,，。!！]+")
"""大杯不要了 中杯一杯, Q币不要 话费50: what follows is not refused with it."""


_PAUSED = re.compile(
    r"[^\s,，。;；!！][\s,，。.…~—-]*(?:[哦啊噢呃额嗯哎诶唉欸哟呀][\s,，。.…~—-]*不是[\s,，。.…~—-]*|不是[\s,，。.…~—-]+)$"
)
"""京东卡100哦不是 骏卡100; 骏卡50 不是 网易卡50: what was said before is not so, and what comes is."""


def negated(text: str, start: int) -> bool:
    """Tell whether what begins here was just refused: 不要…, 不是…"""
    if start and text[start - 1] == "不" and text[start : start + 1] in _VERBS:
        return True  # 不租R5, where 租R5 is a name
    if _PAUSED.search(text, 0, start):
        return False
    return bool(_NEGATED.search(_CLOSED.split(text[max(0, start - 9) : start])[-1]))


def _correct_one(seen: Seen, first: Ref, after: int) -> None:
    """One of several goods is corrected: of its amounts, those of the kinds said again are no longer there."""
    until = min((ref.start for ref in seen.refs if ref.start > first.start), default=len(seen.text))
    kinds = {a.kind == "count" for a in seen.amounts if a.start >= after}
    seen.amounts = [a for a in seen.amounts if not (first.start <= a.start < until and (a.kind == "count") in kinds)]


def declined(text: str, end: int) -> bool:
    """Tell whether what ends here is declined by what follows: …不要了."""
    return _DECLINED.match(text, end) is not None


_VERBS = tuple(f"{DONE_TO_THINGS}换")


_NOT_WANTED = re.compile(
    r"\s*(?:块钱?|元)?(?:面[值额])?的?(?:那[个张种])?(?:就|都|也|先|可以)*(?:不要|不用|不来|别要|不买)了?(?=$|[\s,，。;；!！])"
)


def _taken_back(seen: Seen, amount: Amount) -> bool:
    match = _TAKEN_BACK.match(seen.text, amount.end)
    is_count = amount.kind == "count"
    if not is_count and _NOT_WANTED.match(seen.text, amount.end):  # 20的一张，30的就不要了
        return any(o.kind == amount.kind and o is not amount for o in seen.amounts)
    return bool(match) and any(o.start >= amount.end and (o.kind == "count") == is_count for o in seen.amounts)


def _rest(mention: Mention, anew: set[str]) -> list[Mention]:
    """大杯美式 不对 拿铁: of a SKU's name, what it says of the options that are not said anew."""
    parts = [(word, entry) for word, entry in mention.entry.parts if entry.options]
    if not any(name in anew for _, entry in parts for name, _ in entry.options):
        return []
    return [
        replace(mention, word=word, entry=entry)
        for word, entry in parts
        if not anew.intersection(name for name, _ in entry.options)
    ]


def _correct(seen: Seen, place: int, after: int) -> None:
    if any(ref.product for ref in seen.refs if ref.start >= after) and any(
        ref.product for ref in seen.refs if ref.end <= place
    ):
        later = {ref.product for ref in seen.refs if ref.start >= after}
        earlier = [ref for ref in seen.refs if ref.end <= place and ref.product]
        first = next((ref for ref in earlier if ref.product in later), None)
        if first is not None and {ref.product for ref in earlier} - later:  # 不对京东的要三张: the steam card stays
            _correct_one(seen, first, after)
            return
        gone = next((ref for ref in earlier if ref.product in later), earlier[-1])
        seen.refs = [ref for ref in seen.refs if ref is not gone]
    previous = [ref.start for ref in seen.refs if ref.end <= place and ref.product]
    since = previous[-1] if len({ref.product for ref in seen.refs if ref.product}) > 1 and previous else 0
    if re.search(
        r"第[一二三四五\d]个(?:号|人)?(?:改成?|换成?|要|应该)?(?:是|充)*$",
        seen.text[place:][:14].rstrip("0123456789一二三四五六七八九十百千两元块 "),
    ):
        return  # 错了第一个是100: the others stay
    for is_count in (False, True):
        kinds = [a for a in seen.amounts if (a.kind == "count") == is_count and a.kind != "none"]
        if any(a.start >= after for a in kinds):
            seen.amounts = [a for a in seen.amounts if a not in kinds or not (since <= a.start and a.end <= place)]
    since_then = [a for a in seen.amounts if a.start >= after]
    if any(a.kind == "value" and a.unit not in ("", "元") for a in since_then):  # 要两个，啊不，要四个课时
        seen.amounts = [a for a in seen.amounts if a.kind != "count" or a.unit != "个" or not 0 <= place - a.end <= 2]
    if any(a.start >= after for a in seen.accounts):
        gone_accounts = [a for a in seen.accounts if a.end <= place]
        seen.accounts = [a for a in seen.accounts if a not in gone_accounts[-1:]]
    pairs = {pair for m in seen.mentions if m.start >= after for pair in slot_names(m)}
    if any(m.entry.options for m in seen.mentions if m.start >= after):  # 科目一补考，哦不对，科目四
        seen.amounts = [a for a in seen.amounts if not a.word or a.end > place]
        seen.mentions = [
            m
            for one in seen.mentions
            for m in ([one] if one.end > place or one.entry.means_things or not one.entry.skus else _rest(one, pairs))
        ]
    seen.mentions = [m for m in seen.mentions if m.end > place or not pairs.intersection(slot_names(m))]
