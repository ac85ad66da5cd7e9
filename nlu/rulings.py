"""Wordings whose intent is certain though no slot says so: paid and short, another's price, English, the same as before."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re

from nlu.intent import CHOICE, COUNT, NUMBER, SKU, VALUE
from nlu.lexicon import Lexicon
from nlu.phrases import Mention
from nlu.seen import Seen

_NUMERAL = r"(?:\d[\d.]*|[一二两三四五六七八九十百半几]+)"
_SHORT_OF = re.compile(
    rf"(?:(?:到(?:账|帐|手)?|收到?|[来给])(?:了|的)(?:只|才|就)?(?:有|是)?|[只才就](?:有|到|来|给|收到?)(?:了|账|帐|手)?|到(?:账|帐|手)?(?:只|才|就)?(?:有|是)?)\s*{_NUMERAL}"
    rf"(?:块钱?|元|个|张|点|份)?[,，。\s]*(?:这|就|还|我|你们?|又|反而){{0,3}}[差少短欠缺](?:了|我|着)*{_NUMERAL}"
)
_PAID = re.compile(r"[付充买交转扣给花冲][^不别]{0,12}\d|[付充买交转扣给花冲][^不别]{0,3}[一二两三四五六七八九十百]")


def short_of(text: str) -> bool:
    """Tell whether less came than was paid for: 付了100，到账98，还差2块."""
    if not ("差" in text or "少" in text or "短" in text or "欠" in text or "缺" in text):
        return False
    found = _SHORT_OF.search(text)
    return found is not None and _PAID.search(text, 0, found.start()) is not None


_NOT_THERE = re.compile(
    r"(?:还|都|一直|我|钱?(?:付|充|买)了|[,，\s])*[没未]有?(?:到账|到帐|收到|到|充上|充进去)了?[,，\s]*(?:怎么办|咋办|咋整|怎么[弄搞])[啊呀呢?？]*"
)


def not_there(text: str) -> bool:
    """Tell whether it asks what to do about what did not come, and not what one would do: 没到账怎么办."""
    return _NOT_THERE.fullmatch(text) is not None


_SINCE = re.compile(
    rf"(?:我|是|都|今天|昨天|今早|早上|上午|中午|下午|晚上)*{_NUMERAL}点(?:多|半|钟|\d+分?)?就?(?:买|下单|下|付|订|拍|充|交)[^,，吗么?？]{{0,4}}[,，。\s]+"
    rf"(?:[^,，吗么?？]*{_NUMERAL}点(?:都|已经)(?:过|多|半)|[^,，吗么?？]*(?:现在|这都|都|眼[瞅看]着?|已经|这会儿)[^,，吗么?？]*(?:点|晚上|下午|半夜|黑|天)[^,，吗么?？]{{0,4}})了"
)


def reproaches(text: str) -> bool:
    """Tell whether the hour of buying is set against the hour it is: 九点充的，眼瞅着十二点了."""
    return "点" in text and _SINCE.fullmatch(text) is not None


_PRICED = re.compile(
    rf"(?:的|手机|现在|今天|今儿|又|都|涨到了?|涨价了|卖|才|要|[\s,，])*{_NUMERAL}(?:千|百|万)*(?:块钱?|元|块)?\s*(?:[一1](?:公斤|[斤只台箱筐串条瓶杯碗颗朵盆双件把卷趟个])|每(?:公斤|[斤只台箱筐个])|[\d两二三俩仨]+公?斤)了?"
)


def priced_elsewhere(seen: Seen, lexicon: Lexicon) -> bool:
    """Tell whether a word that is a choice here is something else with its price: 苹果8块一斤."""
    if seen.refs or seen.accounts:
        return False

    def sizes(mention: Mention) -> set[float]:
        return {value for pid in mention.entry.owners for value in lexicon.products[pid].by_value}

    sold = {amount.number for amount in seen.amounts if amount.number is not None}
    return any(
        mention.start <= 2 and _PRICED.fullmatch(seen.text, mention.end) and not sold.intersection(sizes(mention))
        for mention in seen.mentions
        if mention.entry.options or mention.entry.choices
    )


_ENGLISH_KIND = re.compile(
    r"(?<![a-z])(?:gift ?cards?|cards?|vouchers?|coupons?|coins?|(?:phone )?bill|credit|s?vip|member(?:ship)?|top ?up|recharge)(?![a-z])"
)
_ENGLISH_ASKS = re.compile(
    r"(?<![a-z])(?:how|what|where|when|why|which|who|can|do|does|is|are|have|has|help|price|cost|refund|cancel|invoice|not|no|did|my|balance|status|lost|stolen|id|credit card)(?![a-z])"
)
_ENGLISH_ONLY = re.compile(rf"[a-z][a-z\s.,!'*{VALUE}{SKU}{COUNT}-]{{0,80}}")
_OF_SLOTS = re.compile(f"[{VALUE}{SKU}{COUNT}]")


def in_english(blanked: str) -> bool:
    """Tell whether a kind of goods and an amount stand there in English, and no question: fuel card Ｖ."""
    return (
        blanked[:1].isascii()
        and _ENGLISH_ONLY.fullmatch(blanked) is not None
        and _OF_SLOTS.search(blanked) is not None
        and _ENGLISH_KIND.search(blanked) is not None
        and _ENGLISH_ASKS.search(blanked) is None
    )


_AS_BEFORE = re.compile(
    r"(?:就|还|那|请|麻烦|帮我|给我|老板|我|要|想|[,， ])*(?:再(?:来|买|充|下|整|弄|搞|订)(?:一|1)?(?:次|单|遍)(?!的)|照旧|老样子|老规矩|重复上一?[单次]|同上"
    r"|(?:跟|和|同|像|按照?|照)(?:上[次回]|之前|以前)(?:的|那个|那样)?(?:一样)?)"
)
_NO_AGAIN = re.compile("错|不对|没到|[吗么?？]")


def as_before(text: str) -> bool:
    """Tell whether a message opens with asking for the last order once more: 老样子，这次充139…."""
    return _AS_BEFORE.match(text) is not None and _NO_AGAIN.search(text) is None


_DECLINES = re.compile(r"[^,，。!！?？\s就]{1,8}就(?:算了|免了|别了)[吧啊哈。]*")


def declines(text: str) -> bool:
    """Tell whether something is declined and nothing else said: 月卡就算了."""
    return _DECLINES.fullmatch(text) is not None


_SAID_AGAIN = re.compile(
    rf"[{VALUE}{SKU}{CHOICE}{COUNT}]的?[\s,，。]*(?:不|别|哦不|不不|呃不)[\s,，。]*[{VALUE}{SKU}{CHOICE}{COUNT}]的?[吧。]*"
)


def said_again(blanked: str) -> bool:
    """Tell whether an amount stands there and another in its place: 50 不 100."""
    return _SAID_AGAIN.fullmatch(blanked) is not None


_HIRES = re.compile(
    r"(?:我|想|要|帮我|给我|麻烦|请|老板|[,， ])*租(?!金|赁|约|户)(?:用|借)?Ｑ?一?[个副张套份本件位台间辆双顶把条]?"
    rf"(?:(?![了吗呢吧的多])[\u4e00-\u9fffa-z\d]){{1,8}}[{VALUE}{SKU}{COUNT}{NUMBER}](?:天|[两二三]?夜|晚上?|个?月|周|小时|年|半)*[吧呗啊。.!！]*"
)


def hires(blanked: str) -> bool:
    """Tell whether something is to be hired for a time: 租个帐篷两天."""
    return _HIRES.fullmatch(blanked) is not None


_COMES = re.compile(r"(?:^|[,，。;； ])(?:先|就|给我|再|快)*来Ｖ[块元]*[,，\s]*Ａ")


def comes(blanked: str) -> bool:
    """Tell whether a clause is a whole order by telephone: 外卖都叫不了，先来20 177…."""
    return _COMES.search(blanked) is not None
