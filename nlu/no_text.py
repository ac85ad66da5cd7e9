"""What is written where a text is asked for and is none: a yes, a haggle, a delay, that he does not know; and what is
said behind a text and is no part of it (市场专员啊 刚说了)."""

import re

_PIECES = re.compile(r"[\s,，。;；、!！~～…]+")
_TONE = "[的了呀啊吧呢哈哦嘛呗哒滴]*+"
_TALK = re.compile(
    rf"(?:嗯|好|行|可以|ok|对|哦|是|成|中|没问题|没事|收到|明白|知道|{_TONE[:-1]})++(?:我?就?要{_TONE})?"
    rf"|(?:那|就|我|嗯|好|的)*+(?:想要|要|买|下单|拍|来|订|定)(?:[一1]?[个份单张件次]|这[个款种单]|它|一下)?{_TONE}"
    rf"|(?:嗯|哦|那|确实|是)*+比.{{1,8}}?(?:便宜|贵|好|划算|实惠)(?:多|一点|点)?{_TONE}"
    "|(?:那个|这个|原来|刚才|上次|之前|以前|老样子|照旧|同上|一样|手机号?码?|微信号?|qq号?|电话号?码?|[就是和跟]){1,4}(?:的|那个|一样|吧|啊|就行|就好)*+"
    r"|(?:麻烦|辛苦|谢谢|多谢|感谢|拜托)(?:了|你|您|啦|老板|亲)*+|(?:随便|都行|都可以|无所谓|任意)(?:吧|啊|的|填|写|一个)*+"
    rf"|(?:还|真|太|挺|好|有点|能|再|是)*+(?:便宜|划算|贵|实惠)(?:点|一点|些)?{_TONE}"
)
"""A piece that agrees, wants the thing or speaks of its price: 嗯嗯比他便宜, 我要."""
_LATER = re.compile(
    r"(?:等|过|晚|待|回头|稍|一)(?:我|你|您)?(?:一?[会下]|点|后)?儿?(?:再|就|我|去)*(?:[给跟](?:你|您|我)?|发(?:给)?(?:你|您|过|来|$)|告诉|补|填|[说看找查问](?!要|是))"
    r"|(?:我|得|先|去|要)+(?:看看|看一?下|找找|找一?下|查查|查一?下|问问|问一?下|翻翻|翻一?下)|我(?:去|先)[问查找](?!你|您)|(?:等|稍等)(?:一?[下会]儿?|等)(?:$|[,，\s])"
)
_UNKNOWN = re.compile(
    "(?:忘[了记](?:$|[啊呀的]|多少|是|在|哪|怎)|记不[清得住]|不记得|想不起|找不[到着]|没找[到着]|没记住|不晓得|不知道|不清楚|不太懂|看不[到见懂]|没看到|没有?这个"
    "|(?:[号码名服区]是?|它|这个)在哪|哪(?:里|儿|边)?(?:[看找查有弄]|可以)|怎么[看找查填写弄])"
)
SAID = (
    "(?:(?:我|你|您|这个?|那个?|不是|不|都|早就?|已经|刚才|刚刚?|前面|上面|之前|开头|第一句|一开始|就|[跟给][你您]){1,6}"
    "(?:告诉|说明?|发|讲|写|填|报|打)(?:[你您]|[过了啦啊呀吗么嘛的着呢])++)"
)
"""刚才说过了呀: a word about what was said before."""
_BEHIND = re.compile(
    rf"(?:[啊呀哦嘛]?[\s,，。!！]*{SAID}|[\s,，]*(?:帮我|给我|也|都|一起|麻烦)*(?:加上去?|加一?下|加进去|写上去?|备注一?下|填上去?|记一?下)(?:吧|哈|哦|啊)*"
    r"|[\s,，]*(?:谢谢|多谢|麻烦了?|辛苦了?|拜托)[你您啊哈了啦]*|[\s,，]*(?:就行|就好|就可以|就是了|即可)了?(?:[吧哈啊哦的])*)[\s,，。!！~～]*$"
)


_OTHER_WISH = re.compile(
    r"人工|客服|取消|不要了|不买了|算了|多少钱|怎么|什么|退款|帮助|\?|？|吗$|(?:行|好|成|可以|中)不(?:行|好|成|可以|中)?$|能不能|可不可以|有没有|是不是|改成|换成|为啥|干嘛"
)


def is_other_wish(text: str) -> bool:
    """Whether it plainly asks something, or wants something else."""
    return _OTHER_WISH.search(text) is not None


def is_no_text(text: str) -> bool:
    """Whether an answer to a free question gives nothing: 好的我要, 编号多少我忘了，等会儿给你, 我找不到在哪看."""
    pieces = [piece for piece in _PIECES.split(text.strip()) if piece]
    if all(_TALK.fullmatch(piece.lower()) for piece in pieces):
        return True
    left = [piece for piece in pieces if not (_LATER.search(piece) or _UNKNOWN.search(piece) or _TALK.fullmatch(piece))]
    return not left


def is_delay(text: str) -> bool:
    """Whether it says that the text comes later, or that he does not know it."""
    return is_no_text(text) and (_LATER.search(text) or _UNKNOWN.search(text)) is not None


def without_talk_behind(text: str) -> str:
    """The text without what is said behind it: 今晚9点 刚写了的, 澜 加上. The same where nothing else is there."""
    plain = text.strip()
    while (found := _BEHIND.search(plain)) is not None and found.start() > 0:
        plain = plain[: found.start()].strip(" ,，。")
    return plain or text
