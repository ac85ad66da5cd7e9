"""Where a message begins an order that repeats the last one: what follows changes it, and corrects no paid order."""

import re

_CAME = re.compile(
    "[我咱都]|已经?|刚刚?|早就|全部?|钱|券|卡密?|话费|东西|货|码|[收拿领充办用](?:到|上|好|完|成功|了)|激活|兑换?|成功|到|账|手"
    "|[嗯哦噢哎诶喔]|好|[嘞滴呢]|[行成中]|ok|可以|没问题|不错|真?快|挺快|谢谢?|多谢|感谢|辛苦|麻烦|老板娘?|亲|[你您了啦啊哈呀吧的嘛]",
    re.IGNORECASE,
)
"""收到了谢谢: how it went with the last one, said before the next."""
_BEGINS = re.compile(
    r"再?(?:照旧|老样子|[跟和按照]上[次回](?:一样)?的?(?!号))|再[来充冲买交缴订下续][一1]?[单份次回](?!\w)|再[来交缴续]一?[单次回]"
    r"|再[充冲交缴续](?:值|费)?(?:个)?\d{1,5}(?:元|块钱?)?(?:的)?(?:话费)?[吧呗！!。~]*$"
    r"|上次(?:的|那个|那单|一样的)+(?:给我|帮我)?再|续费(?=[,，\s]|$)|(?:[那刚][个才]?的?|上次的?)?(?:付款)?(?:链接|订单|单子?)?(?:已经|都)?(?:过期|关|超时|失效|关闭)了?[,，\s]*(?:帮我|给我|再|麻烦)*重新?(?:下|来|发|买)"
)
_CLAUSES = re.compile(r"[\s,，。;；!！~～]+")


def says_it_came(clause: str) -> bool:
    """Whether a clause says that the last one has come, or thanks for it, and nothing else."""
    return bool(clause) and not _CAME.sub("", clause)


def repeats(text: str) -> bool:
    """再来一单 这次300; 收到了谢谢，照旧再来一个: whatever is said of the last one before."""
    rest = text.strip()
    while _BEGINS.match(rest) is None:
        first, *behind = _CLAUSES.split(rest, maxsplit=1)
        if not behind or not says_it_came(first):
            return False
        rest = behind[0]
    return True
