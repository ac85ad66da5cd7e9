"""A quality refused in a word that no choice has, where one has its opposite: 不要太肥的, of 五花 and 后腿 (瘦的)."""

import re

from nlu.lexicon import ProductIndex
from nlu.seen import Seen

_PAIRS = (
    "肥瘦 胖瘦 甜酸 辣淡 咸淡 浓淡 厚薄 长短 深浅 硬软 硬嫩 快慢 粗细 冷热 冰热 凉热 重轻 紧松 亮暗 宽窄 老嫩 干软"
    " 大小 高低"
)
_OPPOSITE = {
    one: "".join(pair.replace(one, "") for pair in _PAIRS.split() if one in pair) for one in sorted({*_PAIRS} - {" "})
}
_REFUSED = re.compile(
    r"(?:不要|别要?|不想要|不喜欢|不爱|不吃|不能|怕)(?:给我?)?(?:弄|来|选|整)?(?:那么|太|很|过于?|偏|特别|那种)*"
    rf"(?P<quality>[{''.join(_OPPOSITE)}])(?=的|滴|得|了|哈|啊|呀|吧|就|[,，。;；!！\s]|$)"
    rf"|太?(?P<front>[{''.join(_OPPOSITE)}])(?:的|滴)(?:就|都|我)?(?:不要|别)"
)


def wanted_instead(product: ProductIndex, seen: Seen) -> list[tuple[str, str]]:
    """List the choices of options that are called by the opposite of what is refused, each where it is the only one."""
    found: list[tuple[str, str]] = []
    for match in _REFUSED.finditer(seen.text):
        quality = match["quality"] or match["front"]
        if any(m.start <= match.start(match.lastgroup or 0) < m.end for m in seen.mentions):
            continue  # 不要肥牛
        pairs = {pair for word, pair in product.option_words.items() if word[0] in _OPPOSITE[quality]}
        own = {pair for word, pair in product.option_words.items() if word[0] == quality}
        if len(pairs) == 1 and not pairs & own:
            found += pairs
    return found
