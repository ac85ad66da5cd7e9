"""What a Chinese name begins with, and what kin and friends are called."""
# ruff: noqa: E501 - a table of words; a wide character counts twice

COMPOUND = "欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|令狐"
"""Surnames of two characters, as a pattern."""
SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵汪祁毛狄米贝明臧戴宋庞熊纪舒屈项祝董梁"
    "杜阮蓝闵席季麻强贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万柯管卢莫房解应宗丁宣邓郁单洪包诸左石崔吉龚程邢裴陆荣翁"
    "荀羊甄曲封储靳段焦侯车宁仇武符刘景詹龙叶司黎薄白蒲赖乔谭温瞿阎连习艾容易关游权查肖涂申向古廖耿欧闫邸冉尚饶牛师岳"
)
"""Of one character."""
COMMON = rf"(?:{COMPOUND}|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤])"
"""Those most people bear, as a pattern: a name by them alone, where nothing else says that it is one."""
NO_NAME = "方便|时间|周[末一二三四五六日]|安排|高[级兴]|金额|平时|全部|应该|严重|明[天年白]|单[位独]|马上|麻烦|任何|白天|包[括含]|关[于系]|常[常用]|和|于是|左右|强烈"
"""Words that only begin like a surname, as a pattern."""
KIN = (
    "老婆|老公|媳妇|妻子|丈夫|爱人|对象|女朋友|男朋友|儿子|女儿|闺女|孙子|孙女|孩子|小孩|宝宝|大宝|二宝|老大|老二|爸爸?|妈妈?|父亲|母亲|爷爷|奶奶|外公|外婆"
    "|姥姥|姥爷|婆婆|公公|岳父|岳母|丈母娘|叔叔?|姑姑?|舅舅?|姨妈?|哥哥?|姐姐?|弟弟?|妹妹?|家人|亲戚|室友|舍友|同学|同事|朋友|闺蜜|哥们|老师|邻居"
)
"""Whom things are for, and who is told of, as a pattern."""
