"""What a message is for: a small linear model over its wording with all slots blanked out, and rules where certainty is needed."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import json
import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from operator import add
from pathlib import Path

from nlu.cues import cues_of
from nlu.frame import INTENTS, Intent
from nlu.seen import Seen

WEIGHTS = Path(__file__).parent / "data" / "intent.json"
SCALE = 32.0
UNKNOWN = INTENTS.index("unknown")
UNKNOWN_COSTS = 1.0
"""Nobody can list everything that is not understood: what was listed must not draw in what merely looks strange."""

# One private letter per kind of slot: the model never sees a product's name or a number.
PRODUCT, CATEGORY, CHOICE, SKU, VALUE, COUNT, ACCOUNT, NUMBER = "ＰＣＯＳＶＱＡＮ"
SLOTS = PRODUCT + CATEGORY + CHOICE + SKU + VALUE + COUNT + ACCOUNT + NUMBER


_LETTERS = {"value": VALUE, "months": SKU, "count": COUNT, "word": SKU, "none": NUMBER}
_CODES = ("激活码", "兑换码", "序列号", "卡密", "key")
Span = tuple[int, int, str]


def slots_of(seen: Seen) -> list[Span]:
    """List where each slot stands and the letter of its kind, in order; none overlaps another."""
    spans: list[tuple[int, int, str]] = [(a.start, a.end, ACCOUNT) for a in seen.accounts]
    spans += [(start, end, ACCOUNT) for start, end in seen.text_spans]
    for ref in seen.refs:
        letter = CATEGORY if ref.candidates else PRODUCT
        coded = next((tail for tail in _CODES if ref.word.endswith(tail)), "") if ref.word.endswith(_CODES) else ""
        spans.append((ref.start, ref.end - len(coded), letter))
    pointing = {ref.start for ref in seen.refs}
    for mention in seen.mentions:
        entry = mention.entry  # 科目二 that is an option of the goods beside it points at no goods
        if (entry.options or entry.choices) and not (entry.means_things and mention.start in pointing):
            spans.append((mention.start, mention.end, CHOICE))
    spans += [(a.start, a.end, _LETTERS[a.kind]) for a in seen.amounts]
    spans.sort(key=lambda span: (span[0], -span[1]))
    kept, place = [], 0
    for span in spans:
        if span[1] > place:  # 点券1000 of 英雄联盟点券1000 keeps what the name left
            kept.append((max(span[0], place), span[1], span[2]))
            place = span[1]
    return kept


def blank(seen: Seen, slots: list[Span] | None = None) -> str:
    """Write the message with every slot as one letter: 给138…充50块话费 → 给Ａ充ＶＰ."""
    parts, place = [], 0
    for start, end, letter in slots_of(seen) if slots is None else slots:
        parts += [seen.text[place:start], letter]
        place = end
    parts.append(seen.text[place:])
    return "".join(parts)


def words_of(seen: Seen, slots: list[Span]) -> list[str]:
    """List the message's words with every slot as its letter: 给 Ａ 充 Ｖ Ｐ."""
    spans: list[Span] = list(slots)
    for start, end, word in seen.segments:
        if not any(start < slot[1] and slot[0] < end for slot in slots) and not _SPACE.fullmatch(word):
            spans.append((start, end, word))
    spans.sort()
    return [word for _, _, word in spans]


_SPACE = re.compile(r"[\s,，。.、~!！…:：;；—-]+")


def features(blanked: str, words: Sequence[str] = ()) -> set[str]:
    """Give what the model looks at: characters alone and in pairs, words, families of words, slots, and length.

    Words (jieba) in place of runs of three characters: fewer features, and better on lines it never saw.
    """
    text = _SPACE.sub(" ", blanked).strip()
    if len(text) > 160:
        text = text[:160]
    padded = f"^{text}$"
    found = {*padded, *map(add, padded, padded[1:])}
    found.discard(" ")
    found.discard("^")
    found.discard("$")
    slots = "".join([slot for slot in SLOTS if slot in text])
    found.add(f"slots={slots}")
    length = len(text) - text.count(" ") - sum(map(text.count, slots))
    found.add(f"words={min(length, 12) if length < 8 else 8 + length // 8}")
    found.update(f"w={word}" for word in words if len(word) > 1)
    cues = cues_of(text)
    found.update(f"cue={cue}" for cue in cues)
    found.update(f"cues={one}+{other}" for i, one in enumerate(cues) for other in cues[i + 1 :])
    found.update(f"cue={cue}/{slots[:2]}" for cue in cues)
    if not cues:
        found.add("no cue")
    if text.endswith(("?", "？", "吗", "么", "没", "不", "没有", "呢", "吗?")):
        found.add("asks")
    return found


Weights = Mapping[str, Sequence[Sequence[int]]]
"""For each feature the intents that it speaks for or against, by their place in INTENTS, and how much (÷ SCALE)."""
_LANES, _LANE, _HALF = struct.Struct(f"<{len(INTENTS)}I"), 32, 1 << 31
_EMPTY = sum(_HALF << _LANE * place for place in range(len(INTENTS)))
_in_use: list[dict[str, int]] = []


def _packed(weights: Weights) -> dict[str, int]:
    """Write each feature's weights as one number with a lane for each intent: to add all of them is one addition."""
    return {name: sum(weight << _LANE * place for place, weight in pairs) for name, pairs in weights.items()}


def _totals(features: Iterable[str]) -> list[float]:
    """Add up what the features say for each intent."""
    if not _in_use:
        use_weights(json.loads(WEIGHTS.read_text("utf-8"))["weights"])
    known = _in_use[0]
    total = _EMPTY + sum([known[feature] for feature in features if feature in known])
    lanes = _LANES.unpack(total.to_bytes(_LANES.size, "little"))
    return [(lane - _HALF) / SCALE for lane in lanes]


def use_weights(weights: Weights) -> None:
    """Read with other weights than those committed: for measuring what was left out of training."""
    _in_use[:] = [_packed(weights)]


def scores(blanked: str, words: Sequence[str] = ()) -> list[tuple[float, Intent]]:
    """Rank all intents by probability, best first."""
    totals = _totals(features(blanked, words))
    totals[UNKNOWN] -= UNKNOWN_COSTS
    top = max(totals)
    odds = [math.exp(total - top) for total in totals]
    whole = sum(odds)
    return sorted(((odd / whole, intent) for odd, intent in zip(odds, INTENTS, strict=True)), reverse=True)


# --- certainty by rule -------------------------------------------------------------------------------------------

_YES = (
    r"没问题的话就下单|(?:对了[,，]?){2,}|可以(?:付款|下单)了?(?![吗没])|是这样(?:的|子)?(?=$|[,，。 ])|(?:你)?(?:整|弄|充|搞|办)就是了|(?:帮我|给我)落单|中(?:中|得很|嘞|咧)*(?=$|[,，。 !！])|妥了(?!没|吗)|就(?:这么|这样子?|噉样?|恁个?|恁么|恁样)(?:的|着|地|弄|整|搞|办|定|充|下单|下)?(?=$|[吧啊呀嘛啦嘞咯噻,，。 !！])|就这(?:弄|整|充)(?=$|[吧,，。 ])|(?:冇|莫|木|没)(?:得|有|啥|啥子|什么)?问题|冇得?错|没错儿"
    r"|可得(?=$|[,，。 ])|使得(?=$|[,，。 ])|管(?=$|[,，。 ])|就?按这个(?:来|充|下单|下|弄|办|(?=$|[,，。 吧]))|(?:帮我|给我|麻烦|请)*(?:约|报|订|租|拍|办|预约|报名|预订|提交)(?:上吧?|吧)(?=$|[,，。 ])|提交(?=$)|定了(?=$|[,，。 吧])|就(?:报|约|订|租|要|拍)?这个(?:班|时间|场|位置|日期)?(?=$|[吧,，。 ])|是它(?=$|[,，。 ])|确实是(?=$|[,，。 ])|对着(?:呢|嘞|咧)|(?:四的){2,}|好勒|就充(?:这个|那个|到这个)?(?:手机|qq)?号码?(?=$|[吧,，。 ])|是这个号码?(?=$|[,，。 的])|号码?是这个(?=$|[,，。 的])|得咗|得嘞"
    r"|[确缺却雀] ?[认任](?:下单|购买|支付|无误|付款|订单|一下|充值)?|就?定这个(?=$|[,，。 吧了])|就?买吧|确定(?:下单|购买|无误)?|好(?!了|贵|慢|多|像|评|看|用|久|难)(?:的|嘞|滴|哒|呀|啊|吧|好|哇)*|嗯呐|嗯呢|嗯哼|嗯+|恩+|对(?!了|不)(?:的|对|头|呀|啊|滴)*|是(?:的|滴|呀|啊|这个|我的号|嘞)*|没错|没问题|可以"
    r"|行(?!了)(?:的|吧|啊|啦|嘞)*|ok(?:ay|k)?|yes|yep|yeah|y(?![a-z])|sure|confirm(?:ed)?|(?:那就?|就)这样(?=$|[吧,，。 ])|就这(?:样|个|么着|么办|么定)|(?:我)?(?:核对|看|检查|对)过了?(?=[,，。 没都])|啱|啱晒|(?:就)?是(?:这个|那个)号码?|号码?(?:是)?(?:对的|对了?(?=$|[,，。 ])|没错)|就充这个号|(?:我)?可以下单了?(?![吗没])|(?:你|帮我|给我|麻烦)*(?:下单|充值|充|付|弄|整|搞|订)(?:上|了)?吧|我(?:现在|马上|这就)?(?:去)?付(?:款|钱)?(?=$|[,，。 吧啊])|马上就付|就它|就这么充|下单(?!了|记)|(?:去|我)?付款(?!了|记|方|链)|我要付款|充吧|落单|queren|充(?![了过])|冲吧|成|成交|中|要得|得|得咯|系|系嘅|冇错|冇问题|妥|妥妥的|莫得问题|没毛病"
    r"|(?:信息|资料|号码?|手机号|账号|地址|金额|数量|内容)(?:也|都|全|全部|是|全都)*(?:没错|没有错|正确|无误|对(?=$|[的呀啊啦,，。 ])|没问题|没有问题)|(?:也|都|全|全都|全部)是?(?:没错|没有错|正确的?|对的)|核对无误|都对|无误|正确|准确|号码(?:没错|对|正确)|全对|同意|走起|走着|来吧|整吧|搞吧|弄吧|安排|赶紧充|快充吧|就充这个|(?:快点儿?|赶紧|赶快|马上|直接|立刻|抓紧)(?:给我|帮我)?(?:下单|充值|充|付款)(?=$|[吧啊呀呗嘛,，。!！~ ])|马上付|付吧|好嘞|必须的|就咁|得啦|好啦|得,?就咁|欧了|欧克|哦了|奥克|嗯呐|昂|是嘞"
    r"|(?:that'?s |it'?s |looks )?(?:right|correct|fine|all good|all right)(?![a-z])|go ahead|no problem|sure thing|o+k+(?![a-z])|付(?=$|[,，。 ])|我来付(?:款)?|号码?没问题|我?再确认一[遍下]|都没问题|无问题|中嘞|安排上|搞起|走起来?|就这个号码?(?=$|[,，。 ])"
    r"|信息(?:是)?对的|麻烦(?:充|下单|付款)(?:一下)?(?=$|[,，。 了吧])|请(?:确认|下单)(?=$|[,，。 ])|帮我确认|批准|接受|可(?=$|[,，。 ])|阔以|彳亍|冲+(?=$|[,，。 ])|(?:快|赶紧|搞快点?)(?:给我|帮我)?(?:充|弄|办|下单)[啊呀吧](?=$|[,，。 ])"
)


_NO = (
    r"不是我的(?:号码?|手机号?|电话|账号|名字)?(?=$|[,，。 呀啊])|不要这[种样](?=$|[,，。 呀啊])|我没(?:说|想)?要(?:过)?这个|不是这个号码?|(?:不是|唔系|不得是)(?:这|呢)个|(?:搞|弄|整|写|填)错[咯喽嘞了啦]|不是要?这个|不要这个|不要(?=$|[\s,，。.!！~、])|不对|不是(?:的|这个|这样|我要的|这个号)?|错(?:了|啦)|有误|信息(?:有误|不对|错了)|号码?(?:不对|错了|有误)|不正确|写错了|填错了|搞错了|弄错了|打错了|充错了吧|nope|no(?![a-z])|不行|不可以|不(?=$|[\s,，。.!！~、])|不太对|唔系|唔啱|不是啊|不对头|不对劲"
    r"|(?:账号|帐号|手机号|手机|电话|金额|数量|地址|qq|扣扣|邮箱|邮件|uid|角色|卡号|学号|姓名|名字|时长|规格|版本|套餐|价格|东西|商品|这个|那个|面值|区服|号|区|服)(?:不对|错了|有误|填错了|写错了|搞错了|打错了|选错了|输错了)|哪里不对|没对|不是不是|否|错误|信息错误|对不上|点错了|选错了|不是要这个|不要这个|整错了|不确认|别确认|先别(?:确认|充|冲|下单|付)|不同意|(?:这)?(?:号码?)?不是这个号?码?|你?(?:搞|弄|看)错(?:了|啦)|不对吧|(?:价格|价钱|金额|数量|号码?)不对吧|我要的不是这个|我没要这个|不了(?=$|[,，。 ])"
    r"|wrong(?![a-z])|not (?:this|right)(?: one)?|不得行|要不得|不中|唔要呢个|不对劲|都不对|好像不(?:太)?对|全错了?|(?:你)?(?:听|理解)错了?|我说的不是这个|哪儿?对了|号码?[多少]了?一位|号?错[咯喇]|第[一二三]个不对"
)


_STOP = (
    r"(?:点|下|按|拍|选|手)(?:错|滑)了?[,，。\s]*(?=(?:帮我|给我|麻烦|我|想|要|[把这那个单])*(?:取消|不要了|撤))|先别[弄充搞][,，\s]*(?=我?不)|先停一?下(?=.{0,3}不)|(?:订|买|选|拍)错(?:日子|时间|场次?|东西|了)+[,，\s]*(?=取消)|算啦(?:[,，]?太[贵慢远]了?)?|(?<=[吧了掉,， ])(?:回头|以后|过几天)再[说买弄]"
    r"|把(?:刚才|刚刚|刚)?(?:下|买|点|拍)?的?(?:这个|那个|这|那)(?:单|订单)?(?:给我|帮我)?取消(?:掉|了)?|唔要住?先|不[买要充]拉|算了吧?[,，\s]*(?:我)?(?:再|先)(?:想想|看看|考虑(?:考虑|一下)?|问问)|算了吧?[,，\s]*下[次回]吧?(?=$|[,，。 ])|取消刚[才刚]的?(?:那个|那)?(?:单子?|订单)?|(?:帮我|给我|麻烦|请)*把?(?:预约|报名|预订|预定)(?:给我|帮我)?取消掉?|算了[,，]?太(?:贵|慢|远|麻烦|久)了?|(?:下次|下回|改天)再(?:约|来|报|买|充)(?=$|[吧,，。 ])|取消(?:预约|报名|预订|预定)|不(?:去|看|参加)了(?=$|[,，。 吧])|(?:甭|莫|勿|覅|别)(?:再)?(?:给我|帮我)?(?:买|充|弄|要|整|搞|下单)(?:了|咯|嘞|啦)|(?:帮我|给我|麻烦|请|帮忙|替我)*(?:把)?(?:这个|这|那个|那|我的)?(?:订单|单子|单)?(?:取消|撤)(?:掉|了吧|一下|咯|了(?=$|[,，。 ]))|算(?:鸟|球|求|逑|咯|喽|了撒)(?=$|[,，。 ])|(?:麻烦|请|帮忙|帮我|给我)+把?(?:单|订单)?取消|不(?:买|要|充|弄|整|搞|下单)(?:嘞|咧|喽|啰|撒)"
    r"|(?:下回|改天)再(?:说|来|买|充)(?=$|[吧,，。 ])"
    r"|(?:我要|我想|要|想|先)?(?:取消|取肖|取销|取削|去消)(?:订单|下单|这单|这个订单|掉|吧|了吧|购买|充值|交易|付款|它|这个)?|太(?:贵|麻烦|慢)(?:了|啦)?[,，\s]*(?:我|就)?(?=算了|不[要买弄充])|算了(?:算了|吧)*|(?:我)?(?:先|还是|就)?不(?:想)?(?:买|要|充|冲|弄|整|搞|下单|付|订|租|报|约|拍|办|开|做|洗|考|学|打|印)(?:了|啦|咯)+|(?:我)?(?:先|暂时|还是)不(?:想)?(?:买|要|充|冲|弄|整|租|报|约|拍|办)(?:了|吧)?|不(?:买|充|冲|订|下单)|不想(?:买|要|充)(?:了)?|放弃|不用了|不需要了?"
    r"|cancel(?: it| order)?|stop|退出|不搞了|不整了|撤销(?:订单)?|撤单|撤了|别充了|别冲了|别买了|不用充了|唔要[了啦]|唔买[了啦]|莫充了|不充咯|停(?![一下机电])|停止|作废|暂时不(?:要|需要|买)了?|删了吧|删除订单|关闭订单|取消算了|拉倒|拉倒吧|免了|不用(?:麻烦|弄|充|买|办|管)(?:你|您)?了|先不了(?=$|[,，。 吧])|当我没说|改天吧|改天再说|下次吧|下次再说|不下了|(?:先)?等(?:等|一下|下)[,，\s]*不(?:买|要|充)了|(?:把|这)?(?:刚才|刚刚|刚)?(?:下)?(?:的)?(?:这个|这|那个|那)?(?:单|订单)(?:子)?(?:给我|帮我)?(?:取消掉?|不要了|撤了)|(?:帮我|给我|麻烦|请)取消(?:订单|这单|一下)?"
    r"|算咯|算求了?|算数|唔使|莫(?:弄|充|搞|买)了?(?=$|[,，。 ])|撤(?=$|[,，。 ])|撤回|never ?mind|forget it|(?:i )?don'?t want (?:it|this|anymore)(?: anymore)?|(?:把)?刚[才刚]的(?:单子?)?取消|取消刚[才刚]的|(?:帮我|帮忙)取消(?:一下|掉)?|(?:前面|上面|刚才)?[那这](?:俩|两个|些)都?不要了|结束(?=$)"
)
SOFT_WORDS = re.compile(
    r"对了(?=[,，。!！~ ]*(?:就|是|没错|没问题|可以|确认|下单|付款|对))|晓得了?(?=嘛|[,，])|不好意思|抱歉|对不起|唔该|突然|忽然|临时|赶紧(?:弄|整|搞|办)|(?:麻烦)?(?:快点儿?|快些|快一点)(?:啊|吧|哈)*(?=$|[,，。])|麻烦(?:晒|你|您)?了?|哥哥?|姐姐?|大哥|小哥|师傅|叔|阿姨|亲爱的|老妹儿?|妹子|宝子?|咱|俺|这次|先这样|滴|嘅|咧|嘞|喽"
    r"|那就|我(?!妈|爸)|一下|那个|那|哎呀|哎哟|哎|唉|呃|额|嗯|啊|好的|好|哦|噢|行|但是?|不过|可是|我说|就是|就|老板|亲|ok|这个|还是|的|了|呀|吧|哈|呗|嘛|喔|啦|咯|噻|撒|哒|滴|呢|喎|咧|嘞"
    r"|谢谢|老铁|兄弟|pls|please|thx|thanks|[\s,，。.!！~、…]"
)
"""Words that may stand around a yes, a no or a stop without changing it."""


_DIGIT = re.compile(r"\d")
"""No yes, no or stop holds one (a test says so)."""


def _nothing_but(words: re.Pattern[str], text: str) -> bool:
    """Tell whether a text is made of these words, with only particles around them. One pass, no backtracking."""
    if _DIGIT.search(text):
        return False
    place, found = 0, False
    while place < len(text):
        match = words.match(text, place)
        if match is None or match.end() == place:
            match = SOFT_WORDS.match(text, place)
        else:
            found = True
        if match is None:
            return False
        place = match.end()
    return found


YES_WORDS = re.compile(_YES)
_CERTAIN: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    ("cancel", re.compile(_STOP)),
    ("deny", re.compile(_NO)),
    ("confirm", YES_WORDS),
)


_ASKS_BACK = (
    "吗",
    "么",
    "没",
    "没错吧",
    "对吧",
    "是吧",
    "没问题吧",
    "正确吧",
    "确定吧",
    "对不",
    "是不",
    "行不",
    "中不",
    "好不",
    "得不",
    "成不",
    "可以不",
)
_EITHER_OR = re.compile(r"(?<!不)(?!不)([\u4e00-\u9fff])不\1")
"""行不行 asks; 不对不对 does not."""
_LATER = re.compile(
    r"得了吧你?|(?:那|我)?(?:等会儿?|等下|一会儿?|待会儿?|过会儿?|晚点|晚上|明天|回头|下午|到时候)再(?:说|充|买|弄|来|付|看)(?:吧|哈|了)*"
)
"""Put off: neither a yes nor a cancel."""


def certain(text: str) -> Intent | None:
    """Tell a plain yes, no or stop. Only a message that says nothing else counts: nobody confirms in passing."""
    if len(text) > 24:
        return None
    said = text.strip(" ,，。.!！~、?？^_")
    asks_back = said.endswith(_ASKS_BACK) and not said.endswith("不对吧")
    if not said or "?" in text or "？" in text or asks_back or _EITHER_OR.search(said):
        return None
    if _LATER.fullmatch(said):
        return "unknown"
    if _CALLS.fullmatch(said):
        return "greet"
    if _THANKS.fullmatch(said):
        return "thanks"
    asks_to = _GO_AHEAD.search(said)
    if asks_to is not None and not _NOT_YET.search(said) and certain(said[: asks_to.start()]) == "confirm":
        return "confirm"
    return next((intent for intent, grammar in _CERTAIN if _nothing_but(grammar, said)), None)


_GO_AHEAD = re.compile(
    r"[\s,，。.!！~]+(?:那就|就|那|然后)?(?:麻烦|请|劳烦|辛苦|帮我|帮忙|给我|帮|您|你|给|尽快|尽早|赶紧|赶快|快点儿?|抓紧|马上|直接)+"
    r"(?:下单|充值|充|提交|处理|安排|办理|办|操作|弄|下)(?:一下|下|上|了)?(?:单)?[吧啊呀哈呗啦谢,， ]*$"
)
"""对，信息没错，麻烦帮我下单: after a plain yes, a polite request to go ahead is one more."""
_NOT_YET = re.compile("的话|要是|如果|别|不要|先不|等")


_CALLS = re.compile(
    r"(?:老板|亲爱的|亲|店家|店长|客服|大家|各位|大哥|小哥|哥哥?|小姐姐|姐姐?|美女|帅哥|师傅|叔叔?|阿姨|宝子?|老妹儿?|妹子|老铁|兄弟|掌柜的?|老师|教练|你们)们?好(?:啊|呀|哇|吗)?|哈[啰罗]啊?"
)
_THANKS = re.compile(
    r"(?:谢谢|多谢|感谢|谢|thx|thanks|tks)(?:啦|了|咯|哦|啊|昂|呀|你|您|老板|亲|好|的|[,，。!！ ])*"
    r"|(?:好的?|好嘞|好滴|行|嗯+|ok|收到|可以了|到了|到账了)[\s,，。!！]*(?:(?:麻烦|辛苦)(?:你|您)?了?[啊呀哈啦]?[\s,，。!！]*)?(?:谢谢|多谢|感谢|谢了|辛苦|thx|thanks)(?!.*(?:不[要买充订]了|取消)).*"
)


_GIVES_UP = re.compile(
    r"(?:[,，。.!！\s]|想了想|想想)(?:还是|我|就|那|先)*(?:算了吧?[,，\s]*|不[要买充弄搞租订报]了|取消吧?)(?:[,，\s]*(?:算了|不[要买充弄搞租订报]了|取消))*[吧啦啊。.!！]*$"
)
_REPORTED = re.compile("[说问叫喊]|让我|怎么|如何|为什么|能|可以|吗|没(?!空|时间|兴趣|必要|钱)|退|(?<!没)钱")


_GIVEN_UP = re.compile(
    r"(?:哎呀?|唉|那|我|算了|哦|嗯|先)*(?:(?:不用了|不[要买充弄]了)[,，。\s]*)+(?!.*[充冲买要换改来])[^?？]{1,16}$"
)


_DONE_ELSEWHERE = re.compile(
    r"(?:那|我|算了|嗯|哦|[,， ])*(?:不用了|不[要买充]了)[,，。\s]*(?:我|他|她|朋友|家人|老公|老婆|儿子|女儿|自己|已经|刚才?|都|在别[处家]|别人|帮我|给我)+[^?？吗没退]{0,6}[充买弄办交]?(?:好|完|过|到)?了"
)
"""不用了，已经充好了"""


def gives_up(blanked: str) -> bool:
    """Tell a reason that ends in a plain stop (太远了，算了不要了), where no slot and no other wish is named."""
    if _DONE_ELSEWHERE.fullmatch(blanked):
        return True
    if _GIVEN_UP.match(blanked) and not _SLOT.search(blanked) and not _REPORTED.search(blanked):
        return True
    return (
        len(blanked) <= 24
        and _GIVES_UP.search(blanked) is not None
        and not _SLOT.search(blanked)
        and not _REPORTED.search(blanked)
    )


_SLOT = re.compile(f"[{SLOTS}]")
_ORDINAL = {char: i for i, char in enumerate("一二三四五六七八九十", 1)} | {"两": 2, "俩": 2, "仨": 3}
_ROW = r"第(?:\d{1,2}|[一二三四五六七八九十两]{1,2})(?:个|种|项|款|条|样|张|行|档|家|号|位)?"
_REFUSED_ROW = re.compile(
    rf"(?:不要|不是|不选|别选|唔要)(?:{_ROW}|(?<=选)[1-9])(?:那个|的)?了?|{_ROW}(?:那个|的)?(?:不要|不选|不对|不行|错)了?"
)
"""不要第一个: another row than the one that is picked."""
_ROW_TAKEN_BACK = re.compile(
    rf"^(?:我|就|要|选|来|那)*(?:{_ROW}|[1-9一二两三四五六七八九](?:号|个)?)(?:吧|的|那个)?[\s,，。.…—~-]*(?:[哦啊噢呃嗯]+[\s,，]*)?"
    rf"(?:不对|说错了?|选错了?|错了|等等|不是?(?=[\s,，。.…—~-]))[\s,，。.…—~-]*(?:是|应该是|要|选)?(?=第|选|[1-9一二三四五六七八九])"
)
"""第二个…不对第三个: the last row counts."""
_CHOOSE = re.compile(
    r"(?:(?:那|那就|不对|不改了?|(?:刚才|刚刚|我)*[说选看]错了?|算了|好的?(?=[,， ]*第)|行(?=[,， ]*第)|[,，\s])*(?:还是|换|换成|改|改成|改选|改要|是|应该是)*(?=第|选)|我?改选|换成?选)?"
    r"(?:我|帮我|你)?(?:那个|要|选的是|选|选择|拣|挑|揀|就|来|买|看|我选|我要|choose|pick|嗯|那|给我|选项|序号|编号|数字|按|的|(?:上|下|前|后)面的?(?=第)|列表里?的?(?=第)|\s)*"
    r"(?:(?P<nth>第(?P<a>\d{1,2}|[一二三四五六七八九十两]{1,2})(?:个|种|项|款|条|样|张|行|档|家|号|位)?)|(?:no\.?|#|number|option|序号|编号|选项|数字|选|按)\s*(?P<b>\d{1,2}|[一二三四五六七八九两十])(?:号|个|项)?|(?P<c>\d{1,2}|[一二三四五六七八九十])(?:号|号的)|(?P<d>[1-9]|[一二三四五六七八九]))"
    r"(?:吧|的|那个|好了|就行|就好|谢谢|呗|啊|哈|呢|了|可以|不改了?|[\s。.!！,，~、])*"
)


_LAST = re.compile(
    r"(?:我)?(?:要|选|就|来|买|那就|看)*(?:最后(?:面)?(?:那|一|那一)?[个种款项条样张]|末尾那个)(?:吧|的|了|呗|啊|哈|谢谢)*"
)


def chosen_last(text: str) -> bool:
    """Tell whether the last of a list was picked, however long it is."""
    return _LAST.fullmatch(text) is not None


_SOFT_YES = re.compile(
    r"(?:好|嗯|恩|可以|行|ok|okay|对|是|没问题|要得|得|中|成|昂|哦|好嘞)(?:的|滴|哒|呀|啊|吧|哇|嘞|了)*"
)


def merely_agrees(text: str) -> bool:
    """Tell whether a yes is only a nod (好, 嗯), which confirms nothing while something else was asked."""
    return _SOFT_YES.fullmatch(text.strip(" ,，。.!！~、")) is not None


MAY_CHOOSE = re.compile(r"[\d一二三四五六七八九十两]")
_ROWS_APART = re.compile(r"[\s,，。.…]+(?:[哦啊噢呃嗯]+[\s,，。.…]*)?")


def chosen(text: str) -> int | None:
    """Read "第二个", "选3", "no.2" or a bare 1–9 as a 1-based index."""
    if not MAY_CHOOSE.search(text):
        return None
    taken_back = _ROW_TAKEN_BACK.match(text.strip(" ()（）[]【】"))
    if taken_back is not None:  # 1，不对，2，选2: said again
        rows = {_row(part) for part in _ROWS_APART.split(text[taken_back.end() :].strip(" ,，。")) if part}
        if len(rows) == 1 and None not in rows:
            return rows.pop()
    return _row(text)


def _row(text: str) -> int | None:
    text = _ROW_TAKEN_BACK.sub("", text.strip(" ()（）[]【】"), count=1)
    match = _CHOOSE.fullmatch(text)
    if match is None and (meant := _REFUSED_ROW.sub("", text, count=1).strip(" ,，")) != text:
        match = _CHOOSE.fullmatch(meant)
    if match is None:
        return None
    said = match["a"] or match["b"] or match["c"] or match["d"]
    if said.isdecimal():
        return int(said) or None
    if len(said) == 2:
        if said[0] == "十" and said[1] in _ORDINAL:
            return 10 + _ORDINAL[said[1]]
        return None
    return _ORDINAL.get(said)


_BARE = re.compile(
    rf"(?:[{SLOTS}\s,，。.!！~、:：;；()（）+q我是的就号那个呢吧啊呀哈呗充要选嗯好给到来块填写区版服用嘛了儿和跟各-]|号码|手机|苹果手机|电话|扣扣|uid|账号|帐号|卡号|邮箱|地址|收货地址|这个|就行|可以|谢谢|please|pls|thx|thanks|key|充值|面值|现在|目前|目标|打到|服务器|版本|玩的)+"
)


def is_bare(blanked: str) -> bool:
    """Tell whether nothing was said but slot values and particles."""
    if re.search("^那.*呢|好用|[充买下订付交]的.*呢", blanked):
        return False  # 那年卡呢: asks
    return any(char in SLOTS for char in blanked) and _BARE.fullmatch(blanked) is not None
