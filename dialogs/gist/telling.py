"""Whether a message only tells something: what happened, what others have, what it costs elsewhere, how he feels. The
numbers and names in it are none of the order's."""

import re
from collections.abc import Sequence

from catalog.checks import fold
from catalog.model import Field, Option, Product
from catalog.shelf import Shelf
from dialogs.gist.clauses import BREAKS
from dialogs.gist.mentions import read
from nlu.numerals import CHINESE, read_numeral
from nlu.text import normalise
from nlu.words import PIECES

_N = rf"(?:\d+(?:\.\d+)?|[{CHINESE}俩仨几半]+)"
_SOMEONE = (
    "爸|妈|爷爷|奶奶|姥|哥|姐|弟|妹|儿子|女儿|闺女|孩子|娃(?!娃)|老公|老婆|媳妇|对象|男友|女友|男朋友|女朋友|朋友|同学|同事|室友|舍友|同桌"
    "|邻居|隔壁|舅|姨|叔|婶|导师|教练|领导|闺蜜|兄弟|人家|别人|别家|[他她它]|[小老][王李张刘陈]|队友|客户|亲戚|亲家|丈母娘|婆婆|岳[父母]|一起[玩吃打住学]的|群里|网友|班里"
)
_DOES = "用|玩|吃|喝|买|充|报|叫|订|开|花|考|爱|办|囤|拿|送|抽|氪|看|学|去|念|住|打|按|点"
_DONE = re.compile(
    rf"[买充订用喝看吃滑玩送开办抽刷叫报接考下点收拿挂氪花养待坐掉交打填写卖借输赢追忘按洗住练走跑](?:了|过)(?!\d{{5}})"
    rf"|[买充订用喝看吃滑玩送开办抽刷叫报考点](?:的是|得)|[买充报叫订办](?:完|掉|光)|[吃喝用看玩花](?:完|光)了|拿[完光]|来(?:着|自|年)|[起出回过越]来|要是|[买卖订充报办学考送]的|能[坐睡站待跑聊]|(?:那边|别处|楼下|隔壁|外面|网上|超市里?|[淘某][宝猫]|实体店).{{0,4}}(?:{_DOES})|[换轮开用玩听]着|[换改]了(?:个|台|部|家)(?!号|手机号)|想不到|没[来要换改买充用]过"
    rf"|(?:{_SOMEONE})们?(?:上次|上个?[月周]|上礼拜|前[天年阵]|今年|早就?|去年|以前|之前|昨天|一直|一般|平时|一次|一口气|天天|只|都|也|就|能|偷偷|一顿|刚|老|总|在[^,]{{1,4}}?)*(?:{_DOES})(?!.*[吧呗]$)"
    rf"|(?:一[顿次天年趟张]|每[天月次年周个]|路上|那[款种家件](?:也|都|就|只)?|[一总]共|电影|上班|[得还才]|至少|起码)(?:都|也)?要(?={_N}(?:[多来]?(?:块|元|个?半?个?小时|个?钟|分钟|天|年|站)|\d*$))"
    rf"|[都还得才]要(?={_N}[多块元]*$)|(?:别[处家]|外面|网上|官[方网]).{{0,8}}?要(?={_N})|要(?={_N}[多来](?:块|元|呢|了|$))"
    rf"|说要(?!.{{0,4}}§|.{{0,2}}[那这最大小长短贵便换改加退]|{_N}[张份个件])|(?:{_SOMEONE})(?:.{{0,8}}(?:[都还也]不够[^§]{{0,2}}$|(?:合着|拼着|凑钱|合伙|平摊)(?:{_DOES}))|们?[都也已经早刚就]*§了)"
    "|(?:一[顿天次年]|每[天次月年])(?:都|也|就)*要(?!§)|(?:闹|吵|喊)着要|要(?:价|等|看|坐|走|排|练|花|上班|加班|上游戏|开会|考试|命|死|过期|到期)"
    r"|[给帮][我他她].{0,2}[擦洗送打发弄做修买点寄带][了过]|(?:一天|天天|老是?|总是?|整天|每[天次月])(?:到晚)?给我|不[会是]吧|打(?:架|工|折|车|针|断|死|扰|游戏|麻将|球)|充电|从.{1,6}就[开用玩]|充\d+(?:块|元)?送|换季(?![卡度的])|加班|买菜|[在从到上][你您这](?:们|家|边|儿|里|店)*[买充订]|老(?:是)?给我发|凑单|满减|三百减"
)
"""What stands here for a verb of wishing, and is none."""
_PAST = re.compile(
    "以前|之前|原来|从前|上一?[次回]|上个?[月周]|去年|前[天年阵]|昨[天晚]|当年|小时候|那会|那[阵时]|刚(?=[才刚充买下订看接问到打上去])|听说|据说|平[时常]|一般|经常|每[次天月年]|从来|向来|老是|总是|一天|一次|一顿|一口气|今[年天]|这个月|头一[回次]|长这么大|活了"
)
_DECLINES = re.compile(
    rf"不(?:[给帮])|(?<!咋)(?<!怎么)(?<!都)不[充吃喝玩看去买要交缴办用弄续订搞租装](?!紧|脸|完|了?过|起)|别(?![家人的])|[多少漏错][打写输填说点选按敲]|[打写输填说搞弄点选][错多少漏]|补(?!考)|退|(?:上[次回]|之前|原来|刚才|以前)(?:的|那)+(?:个|号码?|手机|qq|账号)*$|[充用给按](?:我|他|她|{_SOMEONE})的|再[来加搞整弄拿充买要订搭捎带配办开续添补]|给(?:我|他|她)?(?:{_SOMEONE})?[也再就]?[充打冲开续买来拿整搞加办](?:上|个|张)?(?=§|{_N})|还[差缺少]|一并|顺[便手带]|来一?个|也去|最[便贵大小好快]|更[便贵大小好快]"
)
"""What wishes in any sentence."""
_ACTS = (
    "存|上|来|买|拿|订|整|弄|搞|充|冲|开|给[我他她它]?|按|凑|减|加|搭|带|捎|打|选|用|升|降|租|缴|交|续|写|填"
    "|够|提|办|送我|算我?|让"
)
_OUGHT = "应该(?!不用|不会|没问题|没事|能到|来得及|挺|很)"
_WISHES = re.compile(
    rf"要(?!紧|脸)|[换改删]|(?:{_ACTS})(?:上|到|成|[一两]?[个张份只把瓶]|我|最|那|这)*(?:§|{_N}|[吧呗呀]?$)|给我|帮|想(?=§)|(?<![气笑咋])不(?:用|去|充|来|变|够)|不[吃喝玩看]了?$|(?<!怎么)不是|(?<!不)错|不对|漏|[多少差][打写输填一二两三四五\d]"
    rf"|别(?![家人的])|{_OUGHT}|该[是要]|才是|干脆|直接|索性|必须|[加算连带]上[我他她咱]|绑|还是(?=[§一二两三四五六七八九十\d算要上之原刚以])|算了|取消|去掉|砍|[减对]半|翻[个一]?[倍番]|去了$|反了|延长|挑|照|[充打发寄送填写](?:到(?!了)|在)|留|(?:足矣|足?够[用吃喝玩使花耍看听]?|(?<!还)行|得)了?$|[多少]了|太[多少]|[吧呗]$|我说的|说的是|其他|剩下|末尾|结尾|最后|没[讲说](?!过)|电梯|重新?说|一样|同一|同样"
    r"|[拿划撤抹删砍勾扣刨剔减退去免摘]掉|[划撤删砍勾剔刨免]了|(?<!一)[撤删刨剔](?:一|$)|^(?:每人|人手)[一§]|一人[一§](?!.?(?:正好|刚好|刚刚好))"
    rf"|不(?:做|洗|泡|按|修|剪|拍|读|报|考|滑|练|学|搓|续|订|寄|送)了?$|到§(?:就|吧|得|$)|这[回次](?=§|{_N})"
    rf"|就(?:我|他|她|咱|俺)们?(?=[§一两俩仨\d])|先.{{0,3}}?(?=§|{_N})"
    rf"|就是?(?=§|刚才|[好行够成中可]|{_N})|只(?=§|{_N}[张份个件])|也(?=§|{_N})|再(?=§|{_N}[张份个件杯瓶套盒袋])|(?:另外|还有)(?=§|{_N}[张份件杯瓶套盒袋])|各|每[样人]|一[起块并同道](?!钱)|还[差缺](?=个?[§一])|第{_N}[个件份张单]|\d+[栋号幢]|单元|{_N}个?人[去来吃用喝玩]"
)
_LATER = re.compile(
    "(?:等|过|到)[^§]{1,8}[再才][^§]{0,3}§?|下(?:[次回周]|个?月)(?:[再才也]|试|来|买)[^§]{0,3}§?|(?:改天|回头|以后)[再来][^§]{0,3}§?"
    "|(?:还好|幸好|幸亏|好在|得亏|多亏).*|给我(?:打|发)[^§]{0,4}(?:电话|短信|消息|广告|推销§?|骚扰§?)|(?:应该)?不用(?:[那这]么(?:麻烦|急|复杂|赶)吧?|谢|客气|担心)"
    "|(?:要是|如果|万一)?[^换改]{0,3}(?:没有?(?:货|了|的话|券|卡|§)*|缺货|卖完了?)(?:的话)?(?:就|再)[换改][^改换]*$"
)
"""What is for another day, was well done, or is done to him: nothing is wished now."""
_PLAINLY = re.compile(rf"[换改替顶]成|[给帮]我|不对|错了|取消|{_OUGHT}|就[行好要]")
_NO_COUNT = re.compile(
    rf"{_N}(?:[多来]?[次回遍岁页步发把根头斤集楼点路]|年级|个?半?个?(?:小时|钟头|星期|礼拜|学期)|[多来]?个?人(?!份)|口人|[多来]?年(?![卡的费度])|年了|[多来]?天(?!卡)|分钟)|第{_N}|[^\d\s]{_N}了|{_N}后|超了"
)
_OWN = re.compile(
    rf"(?:朋友|同学|同事|邻居|别人|人家|室友)们?家里?(?:就|都|也|还)*(?:§|{_N})|{_N}[个位名](?:同事|同学|朋友|室友|邻居|客户)(?:们|刚|走|去|在|都|已)+|(?:我|俺|咱|家里?|手里|手头|身上|这边)们?(?:家|里|宿舍|寝室|办公室|公司)?(?:也|还|都|就|已经)*(?:有|养|待|在)|(?:{_SOMEONE})[们的]?.{{0,3}}(?:说(?![是要])|嫌|觉得|推荐|有(?!张)|是|叫)|有事|我家.{{0,2}}{_N}只"
)
_FEELS = re.compile(
    "死[了我]?$|死了|真[的大坑好牛厉快贵难是香]|太[大好贵难凶慢快香坑甜热冷累多]|[好挺][烦累气贵热冷香]|烦|气[死人]|心疼|心态|哈哈|笑|累|羡慕|厉害|坑|贵|烂|腻|难|舍不|多谢|辛苦|恭喜|发财|保佑|激动|浪费|可惜"
    r"|崩|无语|服了|靠谱|热闹|便宜|划算|似的|舒服|害怕|有点|[掉戒吃用喝听看]不(?:掉|完|惯|到)|[掉忘]了|忙|秃|废|疼|涨价|凶|怎么(?:还|不是|这么)|凭什么|咋不|也不|都不|缩水|才[一二两三四五六七八九十百\d]+呢|才一|才[要卖花收]?\d+[多块元]*$|全靠|记得|到时候"
)
_COUNTS = re.compile(rf"(?!一样)(?<![第\d{CHINESE}]){_N}[{PIECES}](?=$|[§的吧啊呢呗就够行好也都换改])")
"""三张 and 三张的, not 三张卡."""
_FILLERS = re.compile(
    "^(?:[§的吧啊呀呢哦嗯哈诶那这个是我在了对好行种档款]|一下|谢谢|老板|亲|请|麻烦|手机|号码?|账号|尾号|现在|当前|已经|数量)+$"
)
_WISH_MAX = 12
_PRICE = re.compile(rf"^({_N})(?:块钱?|元)?[一1每][{PIECES}位]$")
_OF_OTHERS = re.compile(rf"^(?:{_SOMEONE})(?!说|让|叫)|白得|中了|原价|卖|打车")
_LONG_AGO = re.compile("以前|之前|从前|当年|小时候|时代|那会|上次|上回|去年|昨")
_ACCOUNT = re.compile(r"[\w.@-]*\d{5,}[\w.@-]*|[\w.-]+@[\w.-]+", re.ASCII)


def only_tells(text: str, products: Sequence[Product], shelf: Shelf) -> bool:
    """Whether no clause wants anything, or is nothing but a name, number or account, and at least one tells."""
    if _PLAINLY.search(text) is not None and _PLAINLY.search(_LATER.sub("#", _DONE.sub("#", text))) is not None:
        return False  # as most corrections do: nothing of the shop is looked up for them
    names = _names_in(text, products, shelf)
    said = [fold(clause) for clause in BREAKS.split(normalise(text)) if clause]
    clauses = ["#" if _is_priced(clause, products) else _marked(clause, names) for clause in said]
    if any(_FILLERS.match(one) and "§" in one and not _PAST.match(raw) for one, raw in zip(clauses, said, strict=True)):
        return False
    clauses = [_LATER.sub("#", clause) for clause in clauses]
    if not any("#" in clause for clause in clauses) and _wants(text, products, shelf):
        return False
    if any(_DECLINES.search(clause) or _WISHES.search(_DONE.sub("#", clause)) for clause in clauses):
        return False
    return any("#" in clause or _tells(clause) for clause in clauses)


def _wants(text: str, products: Sequence[Product], shelf: Shelf) -> bool:
    """Whether a size or a count is wanted in the last clause that speaks of one, and nothing there is of the past."""
    message = read(text, products, shelf)
    if not message.mentions:
        return False
    last = message.mentions[-1]
    clause = message.clauses[last.clause]
    every = any(last.skus >= {sku.code for sku in product.skus} for product in products)
    told = any(one.search(clause) for one in (_DONE, _PAST, _OWN, _FEELS, _OF_OTHERS)) or len(clause) > _WISH_MAX
    told = told or any(_LONG_AGO.search(one) for one in message.clauses)
    return last.sign > 0 and not every and not told and last.clause == len(message.clauses) - 1


def _names_in(text: str, products: Sequence[Product], shelf: Shelf) -> list[str]:
    """What a message names of these products, the longest first."""
    said = fold(text)
    named = {mention.text for mention in read(text, products, shelf).mentions if mention.skus}
    for product in products:
        named |= {fold(product.name), *map(fold, product.aliases)}
        parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
        for part in parts:
            named |= {fold(name) for choice in part.values for name in (choice.label, *choice.aliases)}
    return sorted((name for name in named if len(name) > 1 and name in said), key=len, reverse=True)


def _marked(clause: str, names: Sequence[str]) -> str:
    """A clause with one mark for all that it names."""
    clause = _ACCOUNT.sub("§", clause)
    for name in names:
        clause = clause.replace(name, "§")
    return _COUNTS.sub("§", clause)


def _is_priced(clause: str, products: Sequence[Product]) -> bool:
    """Whether a clause is what a piece costs: 六百八一张, of what is sold for that and in no size of the kind."""
    price = _PRICE.match(clause)
    fen = round((read_numeral(price[1]) or 0) * 100) if price is not None else 0
    skus = [sku for product in products for sku in product.skus]
    return any(sku.price_fen == fen for sku in skus) and not any(sku.value == fen // 100 for sku in skus)


def _tells(clause: str) -> bool:
    """Whether a clause speaks of something that is so, or was."""
    return any(one.search(clause) for one in (_DONE, _PAST, _NO_COUNT, _OWN, _FEELS))
