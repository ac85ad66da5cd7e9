"""Generic Chinese that any shop hears: units, counters, durations, cues. Nothing here names a product on sale."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

MONEY_UNITS = ("块钱", "元钱", "块", "元", "圆", "人民币", "rmb", "大洋", "yuan", "快钱", "园", "员")
COUNTERS = "个张份条单件套盒杯笔组枚台把根只瓶袋箱双支串罐本桶束颗副位桌节"
ENGLISH_IDS = frozenset((
    "home", "pro", "fast", "slow", "standard", "basic", "plus", "adult", "child", "senior", "student", "small", "large",
    "black", "white", "red", "blue", "green", "month", "year", "week", "team", "personal", "business", "enterprise",
    "family", "android", "ios", "mac", "windows", "web",
))  # fmt: skip
"""A choice's id that is also a plain English word can be typed as it is: win11 home."""
MEASURES = (
    "个只条支枝根把包袋盒箱罐瓶桶壶杯碗盘碟盆板版排卷轴筒捆扎束朵棵株颗粒片块张页本册套副双对打组份例客位名台部架辆艘间栋层件样种款"
    "笔单次回场节课堂趟圈轮局期串提听坛缸篮筐笼屉锅坨团沓叠刀匹幅顶枚瓣管尾头床帖贴剂滴"
)
"""Everything that goods are counted by. Beyond COUNTERS, only where the count stands beside goods, a size or a wish."""
PIECES = MEASURES.replace("块", "").replace("刀", "").replace("课", "").replace("层", "")
"""What a count at a summary may be said by: money, sizes and lessons of their own left out."""
GENERAL_COUNTERS = "个张份条单件套盒组把根只箱双串束"
"""These count anything; others (节, 次, 枚 …) tell how much when the catalog sells by them."""
PEOPLE = (
    "个号",
    "个账号",
    "个人",
    "个手机",
    "个电话",
    "个qq",
    "个朋友",
    "个都",
    "个一起",
    "个qq号",
    "个地方",
    "个问题",
    "个手机号",
)
"""A count of these counts accounts, not goods."""

DURATIONS = (  # said, months (negative: days)
    ("半年卡", 6), ("半年", 6), ("年卡", 12), ("季卡", 3), ("月卡", 1), ("周卡", -7), ("天卡", -1), ("日卡", -1),
    ("包年", 12), ("包季", 3), ("包月", 1), ("包个月", 1), ("包个年", 12), ("包个季", 3), ("年费", 12), ("季度", 3), ("月费", 1), ("全年", 12), ("整年", 12),
    ("年会员", 12), ("季会员", 3), ("月会员", 1), ("周会员", -7), ("双月卡", 2), ("年度", 12), ("月度", 1), ("one month", 1), ("one year", 12), ("half year", 6),
)  # fmt: skip
DURATION_WORDS = frozenset(
    [word for word, _ in DURATIONS] + ["一个月", "三个月", "一年", "半年", "两年", "十二个月", "六个月", "一月", "三月"]
)
DONE_TO_THINGS = "租买订充拍照穿洗冲报学修打做考重装代安升清剪陪搬染烫"
"""Verbs that names of goods begin with: 不重装系统 refuses 重装系统."""
UNIT_ALIASES = {
    "美元": ("美金", "美刀", "刀", "usd"), "港币": ("港元", "港纸", "hkd"), "日元": ("日币", "円", "jpy"), "韩元": ("韩币", "韩圆"), "欧元": ("eur",), "新台币": ("台币",),
    "gb": ("g", "gb"), "mb": ("m", "mb", "兆"), "tb": ("t", "tb"), "月": ("个月", "月"),
    "年": ("年",), "天": ("天", "日", "days", "day"), "kg": ("公斤", "千克"), "ml": ("毫升",), "g": ("克",), "升": ("l",), "厘米": ("cm", "公分"), "毫米": ("mm",), "公里": ("km", "千米"), "分钟": ("分", "minutes", "mins"), "小时": ("小时", "个小时", "钟头", "个钟头", "个钟", "hours", "hour", "h"), "季": ("个季度",), "星": ("颗星", "个星", "颗"),
    "平方米": ("平米", "平方", "平", "㎡", "m2"), "平米": ("平方米", "平方", "平", "㎡", "m2"), "平方": ("平方米", "平米", "平", "㎡", "m2"), "立方米": ("立方", "方"), "立方": ("立方米", "方"),
}  # fmt: skip
WRITTEN_SHORT = (
    ("毫升", "ml"), ("升", "l"), ("公斤", "kg"), ("千克", "kg"), ("克", "g"), ("厘米", "cm"), ("毫米", "mm"), ("公里", "km"), ("米", "m"),
    ("英寸", "寸"), ("瓦", "w"), ("毫安", "mah"), ("小时", "h"), ("分钟", "min"),
)  # fmt: skip
"""Measures that an option is called by, and how they are written in haste: 1升 is 1L."""
MONTHS_OF = {"月": 1, "年": 12, "季": 3}
MONTHS_OF_DAYS = {30: 1, 31: 1, 90: 3, 180: 6, 360: 12, 365: 12, 366: 12}

GENERIC_TAILS = (
    "充值卡", "充值", "代充", "直充", "话费充值", "会员卡", "会员", "svip", "vip", "激活码", "兑换码", "点卡", "点券", "礼品卡",
    "购物卡", "储值卡", "电子券", "代金券", "优惠券", "兑换券", "入场券", "门票", "券", "卡密", "卡", "包", "服务", "套餐", "手游",
    "账号", "序列号", "授权", "许可证", "订阅", "票", "码", "一卡通", "电子版", "license", "key", "card", "pass",
)  # fmt: skip
TOO_GENERIC = frozenset(
    [
        "手机",
        "视频",
        "音乐",
        "游戏",
        "会员",
        "电子",
        "礼品",
        "购物",
        "上网",
        "系统",
        "豪华",
        "黄金",
        "中国",
        "网上",
        "激活",
        "充值",
        "加油",
        "点",
        "电影",
        "超级",
        "软件",
        "服务",
        "实物",
        "其他",
        "其它",
        "校园",
        "学生",
        "官方",
        "正版",
        "专业",
        "个人",
        "家庭",
        "企业",
        "云",
        "数据",
        "网络",
        "生活",
        "缴费",
        "充电",
        "快充",
        "儿童",
        "成人",
        "国际",
        "全国",
        "通用",
        "平台",
        "大",
        "小",
        "月",
        "年",
        "季",
        "电商",
        "餐饮",
        "手游",
        "端游",
        "vip",
        "svip",
        "pro",
        "plus",
        "the",
        "card",
        "key",
        "pc",
        "app",
        "ios",
        "win",
        "自助",
        "门",
        "单",
        "双",
        "普通",
        "高级",
        "基础",
        "标准",
        "体验",
        "优惠",
        "一卡",
        "交通",
        "文具",
        "食品",
        "水果",
        "图书",
        "会员卡",
        "礼品卡",
        "购物卡",
        "充值卡",
        "点券",
        "点卡",
        "门票",
        "周边",
        "虚拟",
        "商品",
        "产品",
        "项目",
        "业务",
        "套餐",
        "影音",
        "腕",
        "线",
        "器",
        "包",
        "券",
        "卡",
        "票",
        "号",
    ]
)
"""Too common to stand for one product when they are merely part of its name."""

NOT_FOR_SALE = (
    "中石油", "中国石油", "中石化", "中国石化", "石化", "中海油", "壳牌", "话费", "流量包", "腾讯视频", "腾讯会员", "爱奇艺", "优酷", "b站会员", "哔哩哔哩", "steam", "京东卡", "京东e卡",
    "原神", "王者荣耀", "和平精英", "吃鸡", "q币", "qb", "百度网盘", "星巴克", "加油卡", "油卡", "win11", "win10", "windows", "网易云", "qq音乐", "绿钻", "电费", "水费", "燃气费", "煤气费", "有线电视", "宽带", "物业费", "etc", "抖音", "抖币", "快手", "芒果", "芒果tv",
    "喜马拉雅", "天猫", "淘宝", "美团", "饿了么", "肯德基", "kfc", "麦当劳", "瑞幸", "喜茶", "奈雪", "必胜客", "滴滴", "携程", "迅雷",
    "wps", "office", "photoshop", "adobe", "知乎", "得到", "樊登", "netflix", "奈飞", "spotify", "youtube", "chatgpt", "gpt", "迪士尼",
    "搜狐", "咪咕", "pptv", "酷狗", "酷我", "苹果id", "apple", "app store", "itunes", "google", "谷歌", "xbox", "psn", "ps5", "任天堂",
    "switch", "nintendo", "lol", "英雄联盟", "穿越火线", "cf", "dnf", "地下城", "永劫无间", "蛋仔", "光遇", "崩坏", "星铁", "明日方舟",
    "阴阳师", "逆水寒", "魔兽", "暴雪", "战网", "roblox", "minecraft", "我的世界", "eve", "剑网", "天刀", "金铲铲", "火影", "欢乐豆",
    "斗地主", "交通卡", "公交卡", "地铁卡", "电影票", "火车票", "机票", "彩票", "香烟", "茅台", "阿里云盘", "夸克", "115", "微软", "mac",
    "盒马", "沃尔玛", "山姆", "永辉", "唯品会", "拼多多", "苏宁", "携号", "游泳卡", "健身卡", "qq会员", "超级会员", "黄钻", "红钻", "微博",
    "小红书", "豆瓣", "优步", "哈啰", "共享单车", "全家", "711", "星空", "医保", "社保", "学费", "房租", "手机壳", "耳机", "充电宝",
    "百度文库", "文库", "剪映", "美图", "作业帮", "网易严选", "盛大", "征途", "完美", "巨人", "联想", "华为", "小米", "三星", "steam deck",
    "瓦罗兰特", "无畏契约", "apex", "绝地求生", "pubg", "csgo", "永劫", "守望", "炉石", "燃气", "暖气费", "取暖费", "违章", "罚款", "油漆",
)  # fmt: skip
"""Things people ask any such shop for. One that the catalog does not name is read as "something else", never as the nearest
product. A catalog that does sell one wins over this list."""

SHOP_WORDS = (
    "到账 没到账 未到账 卡密 卡号 密码 激活码 兑换码 序列号 券码 提货码 充值 代充 直充 下单 付款 扣款 退款 退钱 退货 退费 发货 物流 快递 订单 单号 "
    "客服 人工 真人 转人工 机器人 投诉 举报 发票 开票 专票 抬头 税号 报销 余额 积分 钱包 多少钱 怎么卖 什么价 便宜 优惠 打折 划算 推荐 "
    "有货 现货 没货 缺货 面值 面额 批量 批发 团购 表格 好评 差评 评价 再来 照旧 老样子 上次 上回 复购 自助 菜单 改成 换成 改为 取消 算了 "
    "不要 不买 确认 没问题 不对 错了 有没有 能不能 可不可以 怎么 怎么办 为什么 什么时候 多久 没反应 没收到 收到 无效 失效 用不了 "
    "谢谢 多谢 感谢 辛苦 你好 您好 在吗 微信 支付宝 信用卡 花呗 手续费 售后 封号 掉线 登录 会员 账号 手机号 号码 验证码"
)
"""Words of shops that a general dictionary lacks or thinks rare."""
ABOUT_GOODS = "费用 味道 手工 错号 名称 块钱 元钱 箱子 我会 被盗 资费 账单 额度 金额 面值 总额 单价 时间 时候 地方 东西 数量 型号 规格 颜色 尺寸 款式 种类 效果 质量 老妈 老爸 老婆 老公 媳妇 朋友 同学 同事 室友 孩子 女儿 儿子 公司 单位 学校 老板 客户 宿舍 办公室 全家 电信 联通 移动 手机 电话"
"""What may be said of any goods, right behind their name: it makes nothing else of them."""
