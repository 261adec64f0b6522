"""A labelled city of 500 entries × 20 fields: what is collected twice is known, for it is made so.

210 originals; 80 look-alikes of one template (X管理与服务机构, with the same ten fields); 210 entries in which another agency
collects an original again. There a field is kept, renamed, put in Pinyin, traditional script, English or by a synonym, split in
two, or two are merged. Values differ in script, width and case, some rows are missing, and 3 % are wrong. 60 % of these entries
have delivered; in the others there is only what the catalog says. A field with a new name (RENAMED) has values, for nothing
else could tell what it is. Synonyms are common Chinese, some not in the shipped list. Originals of one kind (民办养老院,
社区养老院) list different things: no duplicates. Everything follows from the seed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

from catalog_service.catalog.dataset import Dataset
from tests.support import city

NOUNS = [
    "停车场",
    "养老院",
    "幼儿园",
    "药店",
    "加油站",
    "博物馆",
    "图书馆",
    "菜市场",
    "健身房",
    "游泳馆",
    "消防栓",
    "充电桩",
    "公共厕所",
    "垃圾中转站",
    "污水处理厂",
    "水库",
    "桥梁",
    "隧道",
    "公园",
    "湿地",
    "宾馆",
    "餐馆",
    "网吧",
    "影院",
    "书店",
    "诊所",
    "疫苗接种点",
    "血站",
    "体检中心",
    "托儿所",
    "小学",
    "中学",
    "职业学校",
    "驾校",
    "培训班",
    "律师事务所",
    "公证处",
    "司法所",
    "派出所",
    "警务站",
    "摄像头",
    "红绿灯",
    "公交站",
    "地铁站",
    "码头",
    "渡口",
    "机场",
    "货运站",
    "物流园",
    "仓库",
    "印刷厂",
    "化工厂",
    "锅炉",
    "电梯",
    "起重机",
    "压力容器",
    "烟花店",
    "屠宰场",
    "养殖场",
    "果园",
    "茶园",
    "林场",
    "苗圃",
    "渔船",
    "农机",
    "合作社",
    "种子店",
    "兽医站",
    "气象站",
    "地震台",
    "水文站",
    "雨量站",
    "泵站",
    "闸门",
    "河道",
    "堤防",
    "井盖",
    "路灯",
    "广告牌",
    "古树",
]
MODIFIERS = ("民办", "社区", "农村", "园区", "临时")
TRADES = [
    "水务",
    "交通",
    "教育",
    "卫生",
    "文化",
    "体育",
    "旅游",
    "民政",
    "司法",
    "财政",
    "审计",
    "统计",
    "农业",
    "林业",
    "渔业",
    "气象",
    "地震",
    "消防",
    "人防",
    "档案",
    "版权",
    "专利",
    "计量",
    "标准",
    "食品",
    "药品",
    "广电",
    "电力",
    "燃气",
    "供水",
    "排水",
    "环卫",
    "绿化",
    "园林",
    "市政",
    "路政",
    "港航",
    "铁路",
    "邮政",
    "通信",
    "金融",
    "保险",
    "证券",
    "典当",
    "拍卖",
    "外贸",
    "招商",
    "口岸",
    "海关",
    "税务",
    "人才",
    "就业",
    "社保",
    "医保",
    "住房",
    "公积",
    "物业",
    "拆迁",
    "规划",
    "测绘",
    "矿产",
    "土地",
    "海洋",
    "节能",
    "环保",
    "辐射",
    "安监",
    "应急",
    "救灾",
    "慈善",
    "殡葬",
    "婚姻",
    "老龄",
    "残联",
    "妇幼",
    "青年",
    "工会",
    "侨务",
    "宗教",
    "民族",
]
ASPECTS = ("基本信息", "信息", "数据", "登记信息", "名录", "备案信息")
SYNONYMS = {
    "名称": ("名字", "全称"),
    "地址": ("详细地址", "坐落", "所在地"),
    "联系电话": ("电话", "联系方式", "咨询电话"),
    "服务时间": ("工作时间", "营业时间", "开放时间"),
    "负责人": ("法定代表人", "法人代表"),
    "所属区县": ("所在区县", "行政区划"),
    "成立日期": ("设立日期", "成立时间"),
    "等级": ("级别", "星级"),
    "许可证号": ("许可证编号", "证书编号"),
    "有效期至": ("到期日期", "有效期限"),
    "电子邮箱": ("邮箱", "电子邮件"),
    "占地面积": ("用地面积", "占地面积平方米"),
    "从业人数": ("从业人员数", "从业人数合计"),
    "年检结果": ("年度检验结果", "年检结论"),
}
ENGLISH = {
    "名称": "name",
    "地址": "address",
    "联系电话": "phone",
    "电子邮箱": "email",
    "服务时间": "opening hours",
    "等级": "grade",
}
RARE = [
    "验收文号",
    "投入使用年份",
    "维保单位",
    "设计容量",
    "监控点位数",
    "应急物资存放点",
    "责任网格员",
    "供电线路",
    "管理方案编号",
    "上次检修日",
    "业主单位",
    "投保机构",
    "安全评估结论",
    "排放去向",
    "取水口",
    "出入口数量",
    "无障碍设施",
    "视频接入编码",
    "值守人员",
    "巡查频次",
    "隐患台账号",
    "建设资金来源",
    "竣工备案号",
    "产权单位",
    "层数",
    "材质",
    "设备型号",
    "生产厂家",
    "出厂编号",
    "传感器编号",
    "服务人口",
    "覆盖半径",
    "日均客流",
    "补贴标准",
    "招标编号",
    "合同编号",
    "审批文号",
    "信用等分",
    "投诉次数",
    "满意度",
]
RENAMED = ("指标甲", "项目一", "字段乙", "备用栏", "内容三", "信息项丁", "参数五", "属性戊", "标识己", "要素庚")
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
_PLACES = [f"{a}{b}" for a in "梁锡惠滨新江宜太蠡运清鼋荡胡洛玉钱堰前羊" for b in "溪山湖园安城桥塘里港村浜泾埠岸庄墩渡亭台"]
_DISTRICTS = ("梁溪区", "锡山区", "惠山区", "滨湖区", "新吴区", "江阴市", "宜兴市")

_S2T = OpenCC("s2t")
_CATEGORIES = {
    "所属区县": _DISTRICTS,
    "等级": ("一级", "二级", "三级", "未定级"),
    "年检结果": ("合格", "不合格", "未检"),
    "服务时间": ("8:30-17:00", "全天", "9:00-21:00", "工作日"),
    "机构类型": ("行政", "事业", "企业"),
    "服务内容": ("咨询", "受理", "审批", "监督"),
}

Columns = dict[str, list[str]]
Pair = tuple[tuple[str, str], tuple[str, str]]


@dataclass
class City:
    """Entries with the values of those that have delivered, and the pairs of fields that are the same."""

    entries: list[Dataset] = field(default_factory=list)
    values: dict[str, Columns] = field(default_factory=dict)
    truth: set[Pair] = field(default_factory=set)
    kinds: dict[Pair, str] = field(default_factory=dict)
    """How the second field of a pair was made: kept, synonym, pinyin, …"""


def build(seed: int = 320_200) -> City:
    """Return the city of this seed."""
    return _Builder(random.Random(seed)).city()


def _traditional(text: str) -> str:
    return "".join(_in_traditional(char) for char in text)


@cache
def _in_traditional(char: str) -> str:
    return str(_S2T.convert(char))


class _Builder:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._city = City()
        self._traditional = _traditional

    def city(self) -> City:
        things = self._rng.sample([f"{modifier}{noun}" for noun in NOUNS for modifier in MODIFIERS], 210)
        originals = [self._original(number, thing) for number, thing in enumerate(things)]
        for number, trade in enumerate(TRADES[:80]):
            self._look_alike(number, trade)
        for number, (thing, original) in enumerate(zip(things, originals, strict=True)):
            self._again(number, thing, original)
        return self._city

    def _entry(self, id_: str, title: str, thing: str, titles: list[str]) -> Dataset:
        fields: list[str | dict[str, object]] = [{"name": f"f{index:02d}", "title": text} for index, text in enumerate(titles)]
        entry = city.dataset(id_, fields, title=title, description=f"本市{thing}的相关信息")
        self._city.entries.append(entry)
        return entry

    def _original(self, number: int, thing: str) -> Dataset:
        titles = [*SYNONYMS, *self._rng.sample(RARE, 20 - len(SYNONYMS))]
        entry = self._entry(f"a{number % 25:02d}/original_{number:03d}", thing + self._rng.choice(ASPECTS), thing, titles)
        self._city.values[entry.id] = {one.name: self._column(one.title, 240) for one in entry.schema_.fields}
        return entry

    def _look_alike(self, number: int, trade: str) -> None:
        titles = [
            "机构名称",
            "地址",
            "机构类型",
            "服务时间",
            "服务内容",
            "联系电话",
            "负责人",
            "所属区县",
            "电子邮箱",
            "成立日期",
        ]
        name = f"{trade}管理与服务机构"
        entry = self._entry(f"b{number % 25:02d}/bodies_{number:03d}", name, name, titles + self._rng.sample(RARE, 10))
        self._city.values[entry.id] = {one.name: self._column(one.title, 120) for one in entry.schema_.fields}

    def _again(self, number: int, thing: str, original: Dataset) -> None:
        """Collect an original again, each field in some variant, at most 20 of them."""
        has_values = self._rng.random() < 0.6
        variants = self._variants(original, has_values)
        name = self._traditional(thing) if self._rng.random() < 0.2 else thing
        title = name + self._rng.choice(ASPECTS)
        entry = self._entry(f"c{number % 25:02d}/again_{number:03d}", title, thing, [one.title for one in variants])
        rows = sorted(self._rng.sample(range(240), self._rng.randint(140, 240)))
        for new, variant in zip(entry.schema_.fields, variants, strict=True):
            for source in variant.sources:
                pair = _pair((original.id, source), (entry.id, new.name))
                self._city.truth.add(pair)
                self._city.kinds[pair] = variant.kind + ("" if has_values else ", no values")
            if has_values:
                columns = [self._city.values[original.id][source] for source in variant.sources]
                texts = (variant.make([column[row] for column in columns]) for row in rows)
                self._city.values.setdefault(entry.id, {})[new.name] = [self._written(text) for text in texts]

    def _variants(self, original: Dataset, has_values: bool) -> list["_Variant"]:
        rng = self._rng
        fields = list(original.schema_.fields)
        found: list[_Variant] = []
        for number in range(0, 2 * rng.randint(0, 2), 2):
            first, second = fields[-1 - number], fields[-2 - number]
            found.append(_Variant(f"{first.title}、{second.title}", [first.name, second.name], "merged", "，".join))
        merged = {name for one in found for name in one.sources}
        renamed = iter(rng.sample(RENAMED, len(RENAMED)))
        for one in fields:
            if one.name in merged:
                continue
            kind = rng.choice(["kept", "kept", "synonym", "pinyin", "initials", "traditional", "english", "renamed", "split"])
            found += self._made(one.title, one.name, kind, has_values, next(renamed, one.title))
        rng.shuffle(found)
        return found[:20]

    def _made(self, title: str, name: str, kind: str, has_values: bool, other: str) -> list["_Variant"]:
        sounds = lazy_pinyin(title, style=Style.NORMAL)
        titles = {
            "synonym": self._rng.choice(SYNONYMS.get(title, (title,))),
            "pinyin": self._rng.choice(["_", ""]).join(sounds),
            "initials": "".join(one[0] for one in sounds),
            "traditional": self._traditional(title),
            "english": ENGLISH.get(title, title),
            "renamed": other if has_values and title not in _CATEGORIES else title,
        }
        if kind == "split" and title in ("地址", "许可证号"):
            halves: list[Callable[[list[str]], str]] = [lambda texts: texts[0][:5], lambda texts: texts[0][5:]]
            return [_Variant(title + tail, [name], "split", half) for tail, half in zip(("前段", "后段"), halves, strict=True)]
        chosen = titles.get(kind, title)
        return [_Variant(chosen, [name], "kept" if chosen == title else kind, "".join)]

    def _written(self, text: str) -> str:
        """Return a value as another agency writes it."""
        rng, chance = self._rng, self._rng.random()
        if chance < 0.03:
            return self._column("名称", 1)[0]
        if chance < 0.25:
            return self._traditional(text)
        if chance < 0.4:
            return "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalnum() else one for one in text)
        return f" {text.upper()} " if rng.random() < 0.2 else text

    def _column(self, title: str, count: int) -> list[str]:
        return [self._value(title, number) for number in range(count)]

    def _value(self, title: str, number: int) -> str:
        rng = self._rng
        person = rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, 2))
        place = rng.choice(_PLACES)
        match title:
            case "名称" | "机构名称":
                return f"无锡市{place}{rng.choice(_PLACES)}{rng.choice(['有限公司', '中心', '站', ''])}"
            case "地址":
                return f"{place}路{rng.randint(1, 999)}号{rng.choice(_PLACES)}"
            case "联系电话":
                return f"0510-8{rng.randint(0, 9_999_999):07d}"
            case "负责人":
                return person
            case "电子邮箱":
                return f"{rng.choice('abcdefghkmnpqrstuvwxyz')}{rng.randint(1, 99_999)}@wuxi.example"
            case "许可证号":
                return f"XK{rng.randint(10**7, 10**8)}"
            case "成立日期" | "有效期至":
                return f"{rng.randint(1990, 2030)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
            case "从业人数" | "占地面积":
                return str(rng.randint(1, 900))
            case _ if title in _CATEGORIES:
                return rng.choice(_CATEGORIES[title])
            case _:
                return f"{place}{title[:2]}{rng.randint(1, 99_999)}"


@dataclass
class _Variant:
    title: str
    sources: list[str]
    kind: str
    make: Callable[[list[str]], str]


def _pair(one: tuple[str, str], other: tuple[str, str]) -> Pair:
    first, second = sorted((one, other))
    return first, second
