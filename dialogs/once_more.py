"""Where a message begins an order that repeats the last one: what follows changes it, and corrects no paid order."""

import re

from dialogs.arrived import praises, says_only_that_it_came
from nlu.words import PIECES

_BEGINS = re.compile(
    rf"再来[一1]?[{PIECES}](?:吧|呗|哈)?(?!\w)|[给帮替][^\s,，]{{1,5}}?(?:也|再)[来开充买订弄办搞整下][一1]?[个份单张](?:一样|同样)的(?=.*\d{{5}})"
    r"|再?(?:照旧|老样子|[跟和按照]上[次回](?:一样)?的?(?!号))|再[来充冲买交缴订下续][一1]?[单份次回](?!\w)|再[来交缴续]一?[单次回]"
    r"|再[充冲交缴续](?:值|费)?(?:个)?\d{1,5}(?:元|块钱?)?(?:的)?(?:话费)?[吧呗！!。~]*$"
    r"|上次(?:的|那个|那单|一样的)+(?:给我|帮我)?再|续费(?=[,，\s]|$)|(?:[那刚][个才]?的?|上次的?)?(?:付款)?(?:链接|订单|单子?)?(?:已经|都)?(?:过期|关|超时|失效|关闭)了?[,，\s]*(?:帮我|给我|再|麻烦)*重新?(?:下|来|发|买)"
)
_WELL = re.compile("(?:那|唉|哎)*(?:就?算了|[好行]吧?)(?:吧)?")
_CLAUSES = re.compile(r"[\s,，。;；!！~～]+")


def repeats(text: str) -> bool:
    """再来一单 这次300; 收到了谢谢，照旧再来一个: whatever is said of the last one before."""
    rest = text.strip()
    while _BEGINS.match(rest) is None:
        first, *behind = _CLAUSES.split(rest, maxsplit=1)
        if not behind or not (says_only_that_it_came(first) or praises(first) or _WELL.fullmatch(first)):
            return False
        rest = behind[0]
    return True
