"""Words of which the demo city is made: districts with their towns, surnames, brands, trades, roads.

Here: constants. Not here: how they are combined (world).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class District:
    """A county-level division: slug, names, GB/T 2260 code, centre, towns and subdistricts, share of the population."""

    slug: str
    name: str
    en: str
    code: str
    longitude: float
    latitude: float
    towns: tuple[str, ...]
    weight: int


def _towns(subdistricts: str, towns: str = "") -> tuple[str, ...]:
    return tuple(f"{one}街道" for one in subdistricts.split()) + tuple(f"{one}镇" for one in towns.split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DISTRICTS = (
    District(
        *("xishan", "锡山区", "Xishan", "320205", 120.36, 31.60),
        _towns("东亭 安镇 厚桥 云林 东北塘", "东港 锡北 羊尖 鹅湖"),
        12,
    ),
    District(
        *("huishan", "惠山区", "Huishan", "320206", 120.25, 31.68),
        _towns("堰桥 长安 钱桥 前洲 玉祁", "洛社 阳山"),
        12,
    ),
    District(
        *("binhu", "滨湖区", "Binhu", "320211", 120.24, 31.51),
        _towns("河埒 荣巷 蠡湖 蠡园 华庄 太湖 雪浪 马山", "胡埭"),
        12,
    ),
    District(
        *("liangxi", "梁溪区", "Liangxi", "320213", 120.30, 31.58),
        _towns("崇安寺 通江 广瑞路 上马墩 江海 广益 迎龙桥 南禅寺 清名桥 金星 金匮 扬名 黄巷 山北 北大街 惠山"),
        14,
    ),
    District(
        *("xinwu", "新吴区", "Xinwu", "320214", 120.42, 31.51),
        _towns("旺庄 硕放 江溪 新安 梅村 鸿山"),
        10,
    ),
    District(
        *("jiangyin", "江阴市", "Jiangyin", "320281", 120.28, 31.88),
        _towns("澄江 南闸 云亭 利港 申港 夏港", "璜土 月城 青阳 徐霞客 华士 周庄 新桥 长泾 顾山 祝塘"),
        24,
    ),
    District(
        *("yixing", "宜兴市", "Yixing", "320282", 119.82, 31.36),
        _towns("宜城 屺亭 新街 新庄 芳桥", "张渚 西渚 太华 徐舍 官林 杨巷 新建 和桥 高塍 万石 周铁 湖㳇 丁蜀"),
        16,
    ),
)
"""In code order. 湖㳇镇 has a character that GB 18030 knows and GBK does not."""

DISTRICT_CODES = tuple(one.code for one in DISTRICTS)

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢"
    "汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚"
)
GIVEN = (
    "伟芳娜敏静秀丽强磊洋艳勇军杰娟涛明超霞平刚桂英华玉兰红建文辉力志永健世广海山仁波宁贵福生元全国胜学祥才发武新利"
    "清飞彬富顺信子成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲江浩亮政谦亨"
    "奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰盛雄琛钧冠策腾楠榕风航弘"
)
BRANDS = (
    "华锡太湖梁溪惠泉鼎盛恒通瑞丰和润天成金诚联创新科博远宏达安康正大万兴隆昌吉顺利嘉禾明珠蓝海星辰光耀启航智汇云峰"
    "腾飞卓越百川亿源千寻致远众合东方西雅南洋北辰中信永固长青佳美优品盈科凯旋迈达诺亚奥维欧瑞思源力拓铭德"
)
TRADES = {
    "A": ("生态农业", "果蔬种植", "水产养殖", "园艺"),
    "C": ("精密机械", "电子科技", "纺织", "新材料", "环保设备", "汽车零部件", "特种线缆", "半导体", "紫砂陶艺", "模具制造"),
    "D": ("新能源", "热力", "光伏发电"),
    "E": ("建筑工程", "装饰工程", "市政建设", "园林绿化"),
    "F": ("贸易", "商贸", "供应链", "电子商务", "医药"),
    "G": ("物流", "货运", "仓储"),
    "H": ("餐饮管理", "酒店管理", "大酒店"),
    "I": ("软件", "物联网科技", "信息技术", "数据服务", "集成电路设计"),
    "J": ("融资担保", "投资管理"),
    "K": ("房地产开发", "物业管理"),
    "L": ("人力资源", "会展服务", "企业管理咨询", "广告传媒"),
    "M": ("检测技术", "工程设计", "生物技术研究"),
    "N": ("环境治理", "水利工程"),
    "O": ("家政服务", "汽车维修"),
    "P": ("教育培训", "艺术培训", "驾驶培训"),
    "Q": ("健康管理", "医疗服务", "养老服务"),
    "R": ("文化传播", "体育文化", "旅行社"),
}
"""Trades by industry section (GB/T 4754)."""

INDUSTRY_WEIGHTS = dict(zip("ACDEFGHIJKLMNOPQR", (3, 26, 1, 8, 22, 5, 5, 8, 1, 3, 6, 4, 1, 3, 2, 1, 1), strict=True))
FORMS = {
    "1130": "有限公司",
    "1151": "有限公司",
    "1210": "股份有限公司",
    "1219": "股份有限公司",
    "4530": "合伙企业（有限合伙）",
    "4540": "厂",
    "5190": "（中国）有限公司",
    "9500": "经营部",
    "9600": "专业合作社",
}
"""Endings of names by entity type."""

TYPE_WEIGHTS = {"1130": 40, "1151": 20, "1210": 1, "1219": 3, "4530": 3, "4540": 5, "5190": 4, "9500": 20, "9600": 4}
ROADS = _words(
    "人民 中山 解放 学前 太湖 湖滨 蠡溪 梁清 红星 清扬 长江 金城 兴源 凤翔 江海 惠山 锡沪 通扬 运河 隐秀 建筑 "
    "青祁 高浪 吴都 观山 立信 永乐 春申 泰山 行创 梅里 新光 锡义 东亭 友谊 芙蓉 华夏 文景 堰新 政和 澄杨 虹桥 "
    "环城 荆溪 解放西 阳羡 龙潭 氿滨 紫砂 通蜀"
)
VILLAGES = _words(
    "新华 春雷 东风 胜利 民主 五星 红豆 梅园 桃源 柏庄 杨巷 唐庄 周泾 陆区 华庄 双河 石塘 南桥 北桥 溪东 溪西 "
    "荡口 甘露 张缪 严家 钱家 王村 前旺 后旺 新联 联合 和平 光明 团结 建新 朝阳 太平 永丰 大丁 小丁 塘头 圩里 山前 山后"
)
OLD_SITES = _words("荣氏 薛家 钱氏 顾氏 邹氏 秦氏 华氏 周氏 茂新 惠山 荡口 清名 鸿山 泰伯 阖闾 东林 蠡湖 鼋头 善卷 张公")
