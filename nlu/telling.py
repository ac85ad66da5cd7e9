"""Telling and wishing: which pieces of a message tell how things stand or what was done, and ask for nothing."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from functools import lru_cache

Piece = tuple[int, int]

_DEEDS = "喝穿听收充冲交缴买加做洗办租打换报订拍考学看玩用花续送开停堵跑游修抽吃付扣罚领收转存弹练罚调剪约借欠挂丢"
_WISH = (
    r"再[来要充买交加订租报洗约续开整搞弄给](?!了)|(?:这|今)(?:次|回|天|个月)(?!就到|到期)|(?:我|还|就)?(?:想|要)(?!是|求|死|过)(?:再)?[来要充买交加订租报洗约续开整搞弄办做换打学]|帮(?!他|她|忙[吗了])|给我(?![爸妈爷奶哥姐弟妹儿女])|给俺|麻烦|就要|改[成为]"
    r"|换成|还是来|还是[要充买]|来[一两三\d]|就差|就剩|只要|只[充买报租]"
)
_PIECE = re.compile(
    rf"[^,，。;；!！?？\n~]+?(?=[,，。;；!！?？\n~]|$| (?:用不着|不[用要是]|别|先不|我有|号码?(?:不变|没变|一样)|这[次回]|现在|今[天儿])|(?<=[了过的着\d])(?=(?:{_WISH})))"
)
"""A clause; a wish that follows what was told without a comma begins a piece of its own."""
_WISHED = re.compile(_WISH + r"|下单|吧$|呗$|[嘛吗呢没]$|怎么|啥|什么|多少|哪|几|能不能|可以|的话(?!费)")
_DONE = re.compile(
    rf"(?<![不别没未帮])[{_DEEDS}](?:了|完)(?:我|他|她|你|它)?(?:[一二两三四五六七八九十百千半俩几好多\d]|个|张|快|都)"
    rf"|(?<![不没])[{_DEEDS}下上去来逛](?:[\u4e00-\u9fff]{{0,3}})?过(?:[了的]|$|(?=[\da-z一二三四五六七八九十]|[\u4e00-\u9fff]{{1,4}}$))(?!期)"
    rf"|^(?:我|我们)?(?:以前|之前|原来|本来|原本|平时)(?!的|那|说|老|在)[^,，的]{{0,5}}[{_DEEDS}想要](?:的是)?[^,，的]*$"
    r"|(?<!没)[我都也](?:早就)?过了$"
    rf"|(?:已经|都|早就?|刚刚?)[{_DEEDS}上](?:[^的]*)(?:了|过|的|好|完)$|刚[刚才]?(?:给[^,，充]{{1,3}})?[{_DEEDS}](?![的个才])"
    rf"|(?:买|交|充|报|订|约|租|洗)(?:好|完|上|到|够)了$"
    r"|(?<![么照按跟和同像])(?:昨天|前天|昨晚|上[次回周]|上个?月|去年|前年|那天|以前|当初)[^,，]*(?:的|了|过)(?:[^\d的了]{0,4})$"
)
_HAVE = re.compile(
    r"我有[\da-z\u4e00-\u9fff]{1,6}了$|(?:我|家里?|手[里头上]|们|都|已经|自己|就)有(?:了|好几|的是|[一两三四五六七八九\d]?[台把个张只]|$)(?!没有|没$|吗|什么)|家里?有[^吗么没的多]{1,8}$|还有(?:钱|[^,，]{0,4}没(?:用|过)|[一二两三四五六七八九十\d]+[次节天个]月?(?:没|$))"
    r"|(?<!不)够[用吃喝玩使]|有钱$|没用完|没到期(?!也)|没过期(?!也)|没意思|我自己有(?!没|吗|事)|手[里头上]还?有|课(?:已经|都)?上(?:了|完)[\d一二两三四五六七八九十]"
)
_HAS_OTHERS = re.compile(r"有[^,，]{0,5}(?:号|账户|人|块|元|孩|娃|朋友|手机|qq|毛|预算|票|券的|优惠|折)|[充要来买给帮]")
"""我有两个号, 我有50块: whom it is for and what it may cost, part of the wish."""
_DECLINED = re.compile(
    r"^(?:我|那|就|也|都|老板|这次|今天|\s)*(?:先|暂时)?不(?:懂|会|玩|续|用(?!了|慢|快)|加|报|洗|看|租|打|换|修|喝|吃|寄|学|考|去|想)(?!行|同|了$|是|到|好|掉|如|起|就)(?![^,，]{0,6}[,，]?(?:就是|而是))"
    rf"|(?:先|就|都|也|暂时)不(?:[{_DEEDS}弄搞寄喝])(?:了|$|[^,，]{{0,3}}$)|(?:先|都|也|暂时)不要(?:了|$)|[^\s]不(?:[{_DEEDS}弄搞寄喝])了$|[寸年月季次个张款种]的?不[要用]了?$|(?:就|都|也)?不用[{_DEEDS}寄]?了?$|[我俺]就?[都也]?不(?:懂|加|玩|会|用|要|看|喝|吃|去|学)(?:$|了$)|用不着|[\u4e00-\u9fff](?:买|订|报|办)(?:好|完|到)了$|的话再|(?:以后|下次|下回|到时候?)再|没让|没(?:说|想|叫)(?:过)?[要让给]?|谁(?:让|叫)"
)
_OTHERS = re.compile(
    r"(?:一个?月|每个?月|一天|每天|一年)(?:都要|要|得|花)?[\d一二三四五六七八九十百千]{1,5}(?:块|元)?多|(?:好久|很久|从来|一直|多久)没|非要|真好[吃看喝玩]|好菜|好坑|一口气|[他她](?:说|在)"
    r"|太(?![阳空原平极])[\u4e00-\u9fff]{1,2}了?$|就没了$|[卖丢停坏]掉?了$|^号码?(?:也|都|还)?(?:不变|没变|一样|不换|不用[换改])$|都没(?![收到发成有货])[\u4e00-\u9fff]{1,3}$|^\d缺\d$|^(?:我的?|总)?预算|余额(?:还|就|只)*(?:有|剩)"
    rf"|自己(?:会|去|来)?[{_DEEDS}](?:了|$)|^(?:可|千万|你)*别[充冲弄搞打发买写选]错[^\d]*$"
    rf"|^(?:我|俺)?的?(?:朋友|室友|同学|同事|老婆|老公|媳妇|对象|我[爸妈哥姐弟妹]|他|她)(?:们|家)?(?:都|也|是|上次|昨天|之前)*[{_DEEDS}]的"
    r"|^(?:别家|别人家|隔壁|人家|外面|网上|淘宝上?|拼多多上?|平台上?|别的店|其他店|官网)(?!的?[^,，]{0,4}[充买要来])"
    r"|^(?:我|俺|本来)*(?:现在|目前|之前|以前|原来)(?:还|用|办|买|开|充|的)*是(?!不是|要|想)"
)


@lru_cache(maxsize=64)
def told(text: str) -> tuple[Piece, ...]:
    """List the pieces of a message in plain form that tell of what was done, is there, or is not wanted."""
    pieces = [(match.span(), match[0].strip()) for match in _PIECE.finditer(text)]
    last = max((i for i, (_, piece) in enumerate(pieces) if i and _THIS_TIME.search(piece)), default=0)
    return tuple(
        span for i, (span, piece) in enumerate(pieces) if _tells(piece) or (i < last and _LAST_TIME.match(piece))
    )


_THIS_TIME = re.compile("^(?:那|所以|我|我们|咱)?(?:这[次回]|今天)")
_LAST_TIME = re.compile("^(?:我|我们|咱)?(?:上[次回]|昨天|前天|上个?[周月]|去年)(?!的?(?:那|一样))")
"""上次买的大桶吃不完，这次来个小桶"""


def unwanted(piece: str) -> bool:
    """Tell whether what is named here is declined, or there already; what was done or runs out may be wanted again."""
    return _declines(piece) and not _RUNS_OUT.search(piece)


_RUNS_OUT = re.compile("没到期|没过期|没用完|够|还有")


def _declines(piece: str) -> bool:
    if MAY_DECLINE.search(piece) and _DECLINED.search(piece):
        return True
    return bool(MAY_HAVE.search(piece) and _HAVE.search(piece) and not _HAS_OTHERS.search(piece))


MAY_DECLINE, MAY_HAVE = re.compile("[不再没谁]|[好完到]了"), re.compile("[有够没课]")
MAY_BE_OTHERS = re.compile("[多没非真菜坑口他她太了变样换用缺预余自别的家壁外网淘拼平店是]")
MAY_BE_DONE = re.compile("[了完过以之原本平已都早刚昨前上去那当]")
"""Cheap: without one of these the patterns need not be tried (a test holds this against them)."""


_ASKED_AFTER = re.compile(
    rf"(?:昨[天晚]|前天|上[次回周]|上个?月|刚刚?才?|早上|中午|下午|之前)[^,，]{{0,8}}[{_DEEDS}下]的[^,，]{{0,8}}(?:呢|没|吗|没有|咋样)$"
)
"""上周充的50呢: asks after what was ordered."""


_DAY = r"(?:大?[明后今]天|今晚|明[早晚]|[这下]?(?:周|星期|礼拜)[一二三四五六日天末]|\d{1,2}月\d{1,2}[号日])"
_PART = "(?:凌晨|早上|上午|中午|下午|傍晚|晚上)"
_WHEN = re.compile(
    rf"我?(?:{_DAY}的?{_PART}?|{_PART})\s*(?:(?:\d{{1,2}}|[一二两三四五六七八九十]{{1,3}})点(?:半|钟|一刻|[\d一二三四五十]{{1,3}}分?)?)?(?:左右)?"
    r"(?:就?要用?|用|去|来|过来|到|取|送来?|开始|过去)?"
)
"""A clause that is nothing but a time: when it is wanted is no part of what is."""


def tells_when(piece: str) -> bool:
    """Tell whether a clause says a time and nothing else."""
    return _WHEN.fullmatch(piece) is not None


def _is_done(piece: str) -> bool:
    if MAY_BE_DONE.search(piece) and _DONE.search(piece):
        return True
    return bool(MAY_BE_OTHERS.search(piece) and _OTHERS.search(piece))


def _tells(piece: str) -> bool:
    return (
        _declines(piece)
        or tells_when(piece)
        or _ASKED_AFTER.search(piece) is not None
        or (_is_done(piece) and not _WISHED.search(piece))
    )
