"""What says that something came, or that it is good: told of what he bought, and no wish."""

import re

_CAME = re.compile(
    "(?:收到|拿到|到账?|有|好|充上|充好|能用|可以用|用上|绑上|绑定|绑好|激活|成功|没问题)(?:短信|消息|通知|卡密?|货|快递|东西)?(?:了|啦)?(?:的|哈|呀)?$"
)
_PLAINLY = re.compile(
    "没问题$|已(?:经)?(?:绑定|激活)$|(?:绑定|绑好|绑上|激活|收到|拿到|到账|到|充上|充好)(?:短信|消息|通知|卡密?|货|快递|东西)?(?:了|啦)(?:的|哈|呀)?$"
)
_NOT = re.compile(
    "马上|立刻|立马|尽快|赶紧|没(?!问题)|[未不才差缺等]|[?？吗么嘛]|再|想|告诉|通知我|快到|时候|除了|除开|被|显示|提示|说"
)
_PRAISE = re.compile(
    "(?:等(?:一?下|等)|哦|噢|上次|刚才|刚刚|之前|那个|那张|这个|这张|我|它|这家|你们?家?|东西|[卡码券票货]密?|都|已经|确实|真的?|很|挺|蛮|还|也|太|嗯|哦|好|试了下?|试过|用着|用起来)*"
    "(?:(?:能用|用上|用好|试过|试了|看到|收到|到|到账|充上|成功|可以|兑换?|激活|绑定?|吃过?|喝过?|玩)(?:了|啦|上了|好了|过了)|没问题|不错|好用|好使|好[吃喝玩看]|够快|挺快|真快|靠谱|满意|完美|棒)"
    "(?:的|了|啊|哈|呀|呢|嘛|哦|谢谢|多谢)*"
)

_HOW_IT_WENT = re.compile(
    "[我咱都]|已经?|刚刚?|早就|全部?|钱|券|卡密?|话费|东西|货|码|[收拿领充办用](?:到|上|好|完|成功|了)|激活|兑换?|成功|到|账|手"
    "|[嗯哦噢哎诶喔]|好|[嘞滴呢]|[行成中]|ok|可以|没问题|不错|真?快|挺快|谢谢?|多谢|感谢|辛苦|麻烦|老板娘?|亲|[你您了啦啊哈呀吧的嘛]",
    re.IGNORECASE,
)
"""收到了谢谢: how it went with the last one, said before the next."""


def says_it_came(clause: str) -> bool:
    """收到了, 能用, 充好了."""
    return _CAME.search(clause) is not None and _NOT.search(clause) is None


def says_plainly(clause: str) -> bool:
    """话费到了: that and no more."""
    return _PLAINLY.search(clause) is not None


def praises(clause: str) -> bool:
    """能用了, 看到了, 挺好用的, as a clause of its own: nothing is asked for by it."""
    return _PRAISE.fullmatch(clause.strip()) is not None


def says_only_that_it_came(clause: str) -> bool:
    """Whether a clause says that the last one has come, or thanks for it, and nothing else."""
    return bool(clause) and not _HOW_IT_WENT.sub("", clause)
