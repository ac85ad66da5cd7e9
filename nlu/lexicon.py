"""The Lexicon: every word of one catalog, indexed for reading. Built once per catalog version, then never changed."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from nlu.code_labels import IMPLIED, is_code_label
from nlu.frame import Frame
from nlu.near import NearNames
from nlu.numerals import CHINESE, read_numeral
from nlu.phrases import Entry, PhraseIndex, digits_said, digits_spoken, spellings
from nlu.segments import Segmenter, is_word
from nlu.text import normalise, sound
from nlu.words import (
    COUNTERS,
    DURATIONS,
    ENGLISH_IDS,
    GENERAL_COUNTERS,
    GENERIC_TAILS,
    MONEY_UNITS,
    MONTHS_OF,
    MONTHS_OF_DAYS,
    NOT_FOR_SALE,
    TOO_GENERIC,
    UNIT_ALIASES,
    WRITTEN_SHORT,
)

Number = int | float


@dataclass(frozen=True, slots=True)
class ChoiceWords:
    """One value of an option or of a choice field."""

    id: str
    label: str
    aliases: tuple[str, ...] = ()


_SHORT_LABELS = ("账号", "帐号", "编号", "学号", "工号")
_PERSON = re.compile("姓名|名字|人名|[^\\W\\d](?:人|员|主)$")


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One thing the buyer must give; `kind` is one of the catalog's kinds (phone, qq, uid, choice, address …)."""

    name: str
    label: str
    kind: str
    pattern: str | None = None
    choices: tuple[ChoiceWords, ...] = ()
    default: str | None = None
    optional: bool = False

    @property
    def names_person(self) -> bool:
        """Tell whether free text is somebody's name: 考生姓名, 登船人."""
        return self.kind == "text" and not self.coded and _PERSON.search(self.label) is not None

    @property
    def form(self) -> str | None:
        """What text for it looks like: its pattern, or that of any code where its label says that it is one."""
        if self.kind != "text" or self.pattern is not None:
            return self.pattern
        return IMPLIED if is_code_label(self.label) else None

    @property
    def coded(self) -> bool:
        """Tell whether free text is none, by its pattern: a plate (豫A12345) is found and checked like an account."""
        return self.kind == "text" and self.pattern is not None and _shape(self.pattern, telling=True) is not None


@dataclass(frozen=True, slots=True)
class OptionWords:
    """One thing that picks among SKUs."""

    name: str
    label: str
    choices: tuple[ChoiceWords, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class SkuWords:
    """One thing on sale. `face_yuan` is its face value in yuan; `any_value` the (min, max) one may choose from."""

    code: str
    label: str
    value: Number | None = None
    unit: str = ""
    face_yuan: float | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    any_value: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ProductWords:
    """One product as the catalog describes it."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    fields: tuple[FieldWords, ...] = ()
    options: tuple[OptionWords, ...] = ()
    skus: tuple[SkuWords, ...] = ()


_BLANKS = re.compile(r"[\s·]+")


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """Write a catalog word the way phrases are compared: normalised, without spaces."""
    return _BLANKS.sub("", normalise(word))


def unit_key(unit: str) -> str:
    """Name a unit canonically: every word for yuan is 元, g is gb."""
    unit = plain(unit)
    if unit in MONEY_UNITS:
        return "元"
    return next((key for key, aliases in UNIT_ALIASES.items() if unit == key or unit in aliases), unit)


_PAIR = re.compile(r"(\d+(?:\.\d+)?)([a-z]+|[^\d\sa-z+/*()（）-]{1,6})")


_NUMERAL = re.compile(rf"^[{CHINESE}]+")
"""Only in front: 两小时 is 2小时, but the 一 of 科目一 counts nothing."""


def _in_digits(match: re.Match[str]) -> str:
    number = read_numeral(match[0])
    return match[0] if number is None else str(number)


def label_pairs(label: str, known_units: Iterable[str]) -> list[tuple[Number, str]]:
    """Read "15元150点" as (15, 元), (150, 点): every number of a label with the unit after it."""
    pairs: list[tuple[Number, str]] = []
    for number, tail in _PAIR.findall(_NUMERAL.sub(_in_digits, plain(label))):
        value = float(number) if "." in number else int(number)
        word = next((unit for unit in (*known_units, *MONEY_UNITS) if unit and tail.startswith(unit)), None)
        if word is None and (len(tail) <= 2 or tail.isascii()):
            word = tail
        if word:
            pairs.append((value, unit_key(word)))
    return pairs


class ProductIndex:
    """One product's words, ready to be looked up."""

    def __init__(self, words: ProductWords) -> None:
        self.words = words
        self.id = words.id
        self.any_skus = tuple(sku for sku in words.skus if sku.any_value)
        self.any_sku = self.any_skus[0] if self.any_skus else None
        self.by_value: dict[Number, list[SkuWords]] = defaultdict(list)
        self.by_pair: dict[tuple[Number, str], list[SkuWords]] = defaultdict(list)
        self.by_word: dict[str, list[SkuWords]] = defaultdict(list)
        units: Counter[str] = Counter()
        for sku in words.skus:
            if sku.value is not None:
                self.by_value[sku.value].append(sku)
                units[unit_key(sku.unit)] += 1
        self.unit = units.most_common(1)[0][0] if units else ""
        self.any_unit = unit_key(self.any_sku.unit) if self.any_sku else ""
        for sku in words.skus:
            self._index_sku(sku)
        self.by_months = self._months()
        self.pair_units = frozenset(unit for _, unit in self.by_pair) | ({self.any_unit} if self.any_unit else set())
        self.piece_units = frozenset(
            unit_key(sku.unit) for sku in words.skus if sku.unit and sku.value is None and not sku.any_value
        )
        self.others_units: frozenset[str] = frozenset()
        """What only other products' sizes are counted by (节 of lessons): it counts no pieces of this one."""
        by_unit: dict[str, bool] = {}
        for (number, unit), skus in self.by_pair.items():
            by_unit[unit] = by_unit.get(unit, True) and all(sku.value == number for sku in skus)
        self.same_units = frozenset(unit for unit, same in by_unit.items() if same and unit)
        """Other words for the denomination's unit: 刀 where 10美元 is also called 10刀."""
        self.option_tails = _tails(words.options)
        self.option_names = frozenset(option.name for option in words.options)
        self.option_words = {w: (o.name, c.id) for o in words.options for w, c in _choice_words(o.choices)}
        self.choice_words: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for entry in words.fields:
            for word, choice in _choice_words(entry.choices):
                self.choice_words[word].append((entry.name, choice.id))
        self.defaults = {f.name: f.default for f in words.fields if f.default is not None}
        self.option_defaults = {o.name: o.default for o in words.options if o.default is not None}
        self.account_fields = tuple(f for f in words.fields if f.kind not in ("choice", "text", "address") or f.coded)
        self.names = tuple(dict.fromkeys(plain(name) for name in (words.name, *words.aliases)))

    def _months(self) -> dict[int, list[SkuWords]]:
        """Group SKUs by how long they last, whatever the catalog calls it: 月卡, 包月, 30天, 12个月."""
        found: dict[int, list[SkuWords]] = defaultdict(list)
        spans = [(word, months) for word, months in DURATIONS if months > 0]
        for word, skus in self.by_word.items():
            months = next((months for said, months in spans if said in word), None)
            if months:
                found[months] += skus
        for (number, unit), skus in self.by_pair.items():
            if unit in MONTHS_OF and number == int(number):
                found[int(number) * MONTHS_OF[unit]] += skus
            elif unit == "天" and number in MONTHS_OF_DAYS:
                found[MONTHS_OF_DAYS[int(number)]] += skus
        return {months: _unique(skus) for months, skus in found.items()}

    def _index_sku(self, sku: SkuWords) -> None:
        pairs = label_pairs(sku.label, [plain(sku.unit)])
        pairs += [pair for alias in sku.aliases for pair in label_pairs(alias, [plain(sku.unit)])]
        if sku.value is not None:
            pairs.append((sku.value, unit_key(sku.unit)))
        for pair in dict.fromkeys(pairs):
            if sku not in self.by_pair[pair]:
                self.by_pair[pair].append(sku)
        for word in () if sku.any_value else sku_phrases(self.words, sku):
            if sku not in self.by_word[word]:
                self.by_word[word].append(sku)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """List every word that the catalog says about this product: no noun among them makes other goods of it."""
        words = self.words
        labels = [s.label for s in words.skus] + [f.label for f in words.fields] + [o.label for o in words.options]
        listed = (*self.names, *self.by_word, *self.option_words, *self.choice_words, *map(plain, words.category))
        return frozenset((*listed, *map(plain, labels)))

    @cached_property
    def valued(self) -> bool:
        """Tell whether a denomination picks among this product's SKUs."""
        return bool(self.by_value) or self.any_sku is not None


def _by_first(words: Mapping[str, str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Sort words by their first character, in the order given: of many only a few need to be compared."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for word, key in words.items():
        found[word[:1]].append((word, key))
    return {first: tuple(pairs) for first, pairs in found.items()}


def _tails(options: Iterable[OptionWords]) -> dict[str, tuple[str, str]]:
    """List what ends one label only (王者 of 最强王者), for where the words before it say that it is the option."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for option in options:
        for choice in option.choices:
            label = plain(choice.label)
            if len(label) >= 4:
                found[label[-2:]].append((option.name, choice.id))
    return {tail: pairs[0] for tail, pairs in found.items() if len(pairs) == 1}


def _unique(skus: list[SkuWords]) -> list[SkuWords]:
    return list({sku.code: sku for sku in skus}.values())


def _choice_words(choices: Iterable[ChoiceWords]) -> list[tuple[str, ChoiceWords]]:
    """List each choice's words, its own first, then what sets its label apart from the others' (快 of 快充/慢充)."""
    listed = list(choices)
    own = [(plain(word), choice) for choice in listed for word in (choice.label, *choice.aliases)]
    own += [(word[:-1], choice) for word, choice in own if len(word) > 2 and word[-1] in "的区服版"]
    labels = [plain(choice.label) for choice in listed]
    short = [(word, choice) for word, choice in zip(_distinct_parts(labels), listed, strict=True) if word]
    tail = labels[0][len(short[0][0]) :] if short else ""  # 牛奶 of 牛奶搓, beside 盐搓
    short += [(w[: -len(tail)], c) for w, c in own if tail and w.endswith(tail) and len(w) - len(tail) >= 2]
    short += [(f"{word}的", choice) for word, choice in short if re.fullmatch("[\u4e00-\u9fff]", word)]  # 要快的
    short += _alias_stems(listed)
    short += [(read_out, c) for w, c in own if re.match(r"\d[a-z]", w) for read_out in digits_said(w)]  # 三d
    short += [(read_out, c) for w, c in own if re.fullmatch(r"[a-z]+\d+", w) for read_out in digits_spoken(w)]  # f五
    short += [(other, c) for w, c in own for other in _measured_otherwise(w)]
    short += [(choice.id.lower(), choice) for choice in listed if choice.id.lower() in ENGLISH_IDS]
    seen: dict[str, ChoiceWords] = {}
    for word, choice in own + short:
        if word:
            seen.setdefault(word, choice)
    return list(seen.items())


_MEASURED = re.compile(r"(\d+(?:\.\d+)?)([a-z]+|[\u4e00-\u9fff]{1,2})")


def _measured_otherwise(word: str) -> list[str]:
    """Write an option that is a measure in the other ways it is written: 1l for 1升, 7座 for 七座, 4米5 for 4.5米."""
    match = _MEASURED.fullmatch(word)
    if match is None:
        numeral = re.match(r"[一二三四五六七八九十]{1,3}(?=[\u4e00-\u9fff])", word)
        number = read_numeral(numeral[0]) if numeral and not word.startswith("一") else None
        return [f"{number}{word[numeral.end() :]}"] if numeral and number is not None else []
    units = [short for unit, short in WRITTEN_SHORT if unit == match[2]]
    units += [unit for unit, short in WRITTEN_SHORT if short == match[2]]
    tenths = re.fullmatch(r"(\d+)\.(\d)", match[1])
    spoken = [f"{tenths[1]}{match[2]}{tenths[2]}"] if tenths and match[2][0] > "z" else []
    return [*(match[1] + unit for unit in units), *spoken]


def _alias_stems(choices: list[ChoiceWords]) -> list[tuple[str, ChoiceWords]]:
    """软的 and 硬的, where one is called 软弦 and the other 硬弦."""
    by_tail: dict[str, list[tuple[str, ChoiceWords]]] = defaultdict(list)
    for choice in choices:
        for word in dict.fromkeys(map(plain, choice.aliases)):
            if re.fullmatch(r"[\u4e00-\u9fff]{2}", word):
                by_tail[word[1]].append((f"{word[0]}的", choice))
    groups = (stems for stems in by_tail.values() if len(stems) == len(choices) > 1)
    return [pair for stems in groups for pair in stems if len({id(choice) for _, choice in stems}) == len(choices)]


def _distinct_parts(labels: list[str]) -> list[str]:
    if len(labels) < 2:
        return [""] * len(labels)
    tail = 0
    while all(len(label) > tail + 1 for label in labels) and len({label[-1 - tail] for label in labels}) == 1:
        tail += 1
    parts = [label[: len(label) - tail] for label in labels]
    return [part if tail and not part.isdecimal() else "" for part in parts]


_ONE_PIECE = re.compile(rf"[一1][{GENERAL_COUNTERS}]")
"""What 电子票根一份 leaves of its name counts anything."""
_STARTS_WITH_AMOUNT = re.compile(r"\d")


def sku_phrases(product: ProductWords, sku: SkuWords) -> list[str]:
    """List the words that name one SKU. Labels that are an amount ("100元") are read as numbers instead."""
    words = [plain(alias) for alias in sku.aliases]
    label = plain(sku.label)
    if label not in (plain(product.name), *map(plain, product.aliases)) and not (
        _STARTS_WITH_AMOUNT.match(label) and sku.value is not None
    ):
        words.append(label)
        words += [label[: -len(tail)] for tail in GENERIC_TAILS if label.endswith(tail) and len(label) - len(tail) >= 2]
        for name in map(plain, (product.name, *product.aliases)):
            if label.startswith(name) and len(label) - len(name) >= 2:
                words.append(label[len(name) :])
            joined = next((n for n in range(len(name) - 1, 1, -1) if label.endswith(name[:n])), 0)
            words += [label + name[joined:]] if joined and len(label) > joined else []  # 3D通兑券, of 3D通兑 and 通兑券
            if len(name) > 2 < len(label) and label[-1] == name[-1] and label[-1] >= "\u4e00" and label not in name:
                words += [label[:-1] + name, name[:-1] + label]  # 成人游泳票, of 成人票 and 游泳票
    return [
        word
        for word in dict.fromkeys(words)
        if word and word not in TOO_GENERIC and not word.isdecimal() and not _ONE_PIECE.fullmatch(word)
    ]


def core_of(name: str) -> str:
    """Shorten a name by its generic tail: 百度网盘会员 → 百度网盘. Empty when nothing telling is left."""
    core = name
    for _ in range(2):
        tail = next((t for t in GENERIC_TAILS if core.endswith(t) and len(core) > len(t)), None)
        if tail is None:
            break
        core = core[: -len(tail)]
    return core if core != name and len(core) >= 2 and core not in TOO_GENERIC else ""


class Lexicon:
    """All products' words with every index precomputed; safe to share between threads."""

    def __init__(self, products: Iterable[ProductWords]) -> None:
        self.products: dict[str, ProductIndex] = {words.id: ProductIndex(words) for words in products}
        self.order = {pid: place for place, pid in enumerate(self.products)}
        entries: dict[str, Entry] = defaultdict(Entry)
        for product in self.products.values():
            self._add_product(entries, product)
        self._add_derived(entries)
        for word in NOT_FOR_SALE:
            if plain(word) not in entries:
                entries[plain(word)].foreign = True
        self.phrases = PhraseIndex(entries)
        self.words = Segmenter(word for word, entry in entries.items() if not entry.spelled)
        self.near = NearNames(
            entries, {name: core_of(name) for p in self.products.values() for name in p.names}, self.words
        )
        self.units = self._units()
        self.any_unit = (*self.units, "个")
        self.units_from = _by_first(self.units)
        self.unit_sounds = {sound(unit): key for unit, key in self.units.items() if len(unit) > 1}
        self.unit_sounds_from = _by_first(self.unit_sounds)
        self.any_unit_sound = tuple(self.unit_sounds)
        self.unit_products = self._products_by_unit()
        self.counted = self._counted()
        for product in self.products.values():
            units = {unit for unit, pids in self.counted.items() if product.id not in pids} - set(GENERAL_COUNTERS)
            product.others_units = frozenset(units - product.pair_units - product.piece_units)
        self.phone_topup = self._phone_topup()
        pieces = {unit for product in self.products.values() for unit in product.piece_units}
        self.pieces = frozenset(unit for unit in pieces if len(unit) == 1)
        self.counters = frozenset(COUNTERS) | self.pieces
        """What things are counted by here: 张 anywhere, 版 where a SKU is sold by the 版."""
        self.fractions = frozenset(
            pair for p in self.products.values() for pair in p.by_pair if pair[0] != int(pair[0])
        )
        """Denominations that are no whole numbers (1.5 公斤); any other such number is a price."""
        self.child, self.grown = (
            next((w for w in words if (known := entries.get(w)) and (known.options or known.skus)), "")
            for words in (("儿童", "小孩", "儿童票"), ("成人", "大人", "成人票"))
        )
        """What tickets for children and for grown-ups are called here; "" where there are none."""
        self.name_pairs = frozenset(
            word[at : at + 2] for p in self.products.values() for word in p.all_words for at in range(len(word) - 1)
        )
        """Each two characters that stand together in any word about the goods here."""
        self.recent: dict[object, Frame] = {}
        """Frames of the latest short messages, so that the same 确认 is not read twice (nlu.parsing bounds it)."""
        self.patterns = tuple(
            dict.fromkeys(f.pattern for p in self.products.values() for f in p.account_fields if f.pattern)
        )
        self.pattern_kinds = tuple(
            dict.fromkeys((f.pattern, f.kind) for p in self.products.values() for f in p.account_fields if f.pattern)
        )
        self.shapes = tuple(filter(None, (_shape(pattern) for pattern in self.patterns)))
        self.account_fields: dict[str, list[FieldWords]] = defaultdict(list)
        for entry in dict.fromkeys(f for p in self.products.values() for f in p.account_fields):
            self.account_fields[entry.name].append(entry)
        self.field_names = self._field_names()
        self.field_cues = self._field_cues()
        tails = (re.search("[a-z]{2,}$", label) for label in dict.fromkeys(label for label, _ in self.field_cues))
        self.label_heads = tuple(sorted({"uid", "qq", "id", *(t[0] for t in tails if t)}, key=len, reverse=True))
        """The letters that labels end in (游戏UID), which may be glued to what is said for them."""
        self.coded = tuple(f for p in self.products.values() for f in p.account_fields if f.kind == "text")
        self.coded_cues = frozenset(cue for _, cue in self.field_cues if cue[1:] in {f.name for f in self.coded})
        self.asked_labels = tuple(
            dict.fromkeys(
                plain(f.label) for p in self.products.values() for f in p.account_fields if len(plain(f.label)) > 1
            )
        )
        texts = [f for p in self.products.values() for f in p.words.fields if f.kind == "text" and not f.coded]
        asked = {plain(f.label) for p in self.products.values() for f in p.words.fields}
        self.next_field = _next_field(sorted((label for label in asked if len(label) > 1), key=len, reverse=True))
        self.categories = frozenset(plain(name) for p in self.products.values() for name in p.words.category)
        named = [("名字", f.name) for f in texts if re.search("姓名|名字", f.label)]
        named += [("姓名", f.name) for f in texts if re.fullmatch("..+(?:姓名|名字)", f.label)]
        named += [(plain(f.label)[:-2], f.name) for f in texts if re.fullmatch("..+姓名", f.label)]  # 车主赵大力
        people = [f.name for f in texts if re.search("姓名", f.label)]
        named += [(word, people[0]) for word in ("学员", "考生", "报名人", "我叫") if people]
        self.person_field = people[0] if people else ""
        self.people = frozenset(f.name for f in texts if f.names_person)
        """What the products call whoever it is for: 取票人, 被保人姓名, 学员姓名."""
        self.person_cues = frozenset(["姓名", "名字", *(word for word, _ in named)])
        labels = [(plain(f.label), f.name) for f in texts]
        turned = [(label[2:] + label[:2], name) for label, name in labels if len(label) == 4]  # 英雄常用李白
        self.text_forms: dict[str, tuple[str, ...]] = defaultdict(tuple)
        """The patterns that texts of this name have."""
        for entry in texts:
            if entry.form is not None:
                self.text_forms[entry.name] += (entry.form,)
        self.code_labels: dict[str, set[str]] = defaultdict(set)
        """What the products call what is typed for them (微信号, 会员手机), and which products do."""
        for product in self.products.values():
            for entry in product.words.fields:
                if entry.kind not in ("choice", "address"):
                    self.code_labels[plain(entry.label)].add(product.id)
        self.labels = tuple(label for label in asked if len(label) > 1)
        self.short_labels = tuple(
            (plain(f.label)[-2:], f.name, p.names)
            for p in self.products.values()
            for f in p.words.fields
            if f.kind == "text" and not f.coded and len(plain(f.label)) > 2 and plain(f.label).endswith(_SHORT_LABELS)
        )
        """账号 for 上网账号, beside the product that asks for it."""
        self.text_cues = tuple(dict.fromkeys([*labels, *named, *turned]))
        self.written_on = tuple((label[:2], name) for label, name in labels if len(label) > 3)
        self.written_on += tuple((head, name) for label, name in labels if "贺卡" in label for head in ("卡片", "卡上"))
        """封面 of 封面文字: what is written on it says what it is by the verb."""

    def names_goods(self, text: str) -> bool:
        """Tell whether a text names goods or a choice of theirs: 美区苹果卡 and 苹果区 are no places."""
        found = [m for m in self.phrases.find(text) if m.exact]
        return any((m.entry.products and len(m.word) > 2) or (m.entry.choices and m.word[-1] in "区市") for m in found)

    def _add_product(self, entries: dict[str, Entry], product: ProductIndex) -> None:
        for name in product.names:
            entries[name].add_product(product.id)
        for category in product.words.category:
            entries[plain(category)].add_category(product.id)
        for word in product.by_word:
            entries[word].add_sku(product.id)
        for word, pair in product.option_words.items():
            entries[word].add_option(product.id, pair)
        called = {pair: word for word, pair in reversed(product.option_words.items())}
        for word, skus in product.by_word.items():
            if len(skus) == 1 and len(skus[0].options) > 1 and word not in product.option_words:
                said = (called[pair] for pair in skus[0].options.items() if pair in called)
                entries[word].parts = [(part, entries[part]) for part in said]
        for word, pairs in product.choice_words.items():
            for pair in pairs:
                entries[word].add_choice(product.id, pair)

    def _share_beginnings(self, derived: dict[str, list[str]], cores: set[str]) -> None:
        """泡脚 is short for 泡脚券, but 泡脚盐 begins with it, too: it is neither alone."""
        begun: dict[str, list[str]] = defaultdict(list)
        for product in self.products.values():
            for name in product.names:
                for word in {name[:length] for length in range(2, len(name))} & cores:
                    begun[word].append(product.id)
        for word, pids in derived.items():
            if word in cores and re.match("[\u4e00-\u9fff]{2}", word):
                pids.extend(pid for pid in dict.fromkeys(begun.get(word, ())) if pid not in pids)

    def _shared_heads(self) -> dict[str, list[str]]:
        """List what several products' names end in (场地 of 网球场地 and 羽毛球场地): short for each of them."""
        ending: dict[str, dict[str, None]] = defaultdict(dict)
        for product in self.products.values():
            for name in product.names:
                for tail in (name[-length:] for length in range(2, min(5, len(name) - 1))):
                    if _HEAD.fullmatch(tail) and (len(tail) > 2 or tail not in GENERIC_TAILS):
                        ending[tail][product.id] = None
        kinds = {plain(name) for product in self.products.values() for name in product.words.category}
        shared = {t: list(pids) for t, pids in ending.items() if 1 < len(pids) <= MOST_HEADS and t not in kinds}
        heads = {tail: pids for tail, pids in shared.items() if _is_head(tail)}
        return {
            tail: pids
            for tail, pids in heads.items()
            if not any(longer != tail and longer.endswith(tail) and heads[longer] == pids for longer in heads)
        }

    def _add_derived(self, entries: dict[str, Entry]) -> None:
        derived: dict[str, list[str]] = defaultdict(list)
        tails: dict[str, list[str]] = defaultdict(list)
        for product in self.products.values():
            for name in product.names:
                for word in filter(None, (core_of(name), *_prefixes(name))):
                    if product.id not in derived[word]:
                        derived[word].append(product.id)
                tail = _own_tail(name)
                if tail and product.id not in tails[tail]:
                    tails[tail].append(product.id)
            for category in map(plain, product.words.category):
                if re.match(r"[\u4e00-\u9fff]{4}", category) and product.id not in derived[category[:2]]:
                    derived[category[:2]].append(product.id)
        self._share_beginnings(derived, {core_of(name) for p in self.products.values() for name in p.names})
        for word, pids in self._shared_heads().items():
            tails.setdefault(word, pids)
        self.tails = frozenset(tails)
        derived |= {tail: pids for tail, pids in tails.items() if tail not in derived}
        for word, pids in derived.items():
            generic = word in TOO_GENERIC and not (len(word) > 2 and len(pids) > 1 and word in self.tails)
            if not generic and not (word in entries and entries[word].products):
                for pid in pids:
                    entries[word].add_shorthand(pid)
        for product in self.products.values():
            for name in product.names:
                if (
                    name[-2:] in GENERIC_TAILS and entries[name[-2:]].categories
                ):  # 会员: a category, and many a name's end
                    entries[name[-2:]].add_shorthand(product.id)
        values = {value for product in self.products.values() for value in product.by_value}
        for product in self.products.values():
            for name in product.names:
                numbered = re.match(r"(\d{2,3})号", name)
                if numbered and int(numbered[1]) not in values:
                    read_out = "".join("零一二三四五六七八九"[int(digit)] for digit in numbered[1])
                    for word in (f"{numbered[1]}的", f"{read_out}号", f"{read_out}的"):  # 要95的, of 95号汽油券
                        entries[word].add_product(product.id)
                for word in digits_spoken(name):
                    if word not in entries:
                        entries[word].add_product(product.id)
                for word in spellings(name):
                    if word not in entries or entries[word].spelled:
                        entries[word].add_product(product.id)
                        entries[word].spelled = True

    def _units(self) -> dict[str, str]:
        keys = {unit for product in self.products.values() for unit in product.pair_units | {product.unit} if unit}
        units = dict.fromkeys(MONEY_UNITS, "元")
        for key in keys:
            units.setdefault(key, key)
            for alias in UNIT_ALIASES.get(key, ()):
                units.setdefault(alias, key)
            if key.startswith("点") and len(key) > 1:
                units.setdefault("点", "点")
        if "分钟" in keys:  # two hours of what is sold by the minute
            units |= dict.fromkeys(("小时", "钟头"), "小时")
        return dict(sorted(units.items(), key=lambda pair: -len(pair[0])))

    def _products_by_unit(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for product in self.products.values():
            for unit in product.pair_units:
                found[unit].append(product.id)
                if unit.startswith("点") and len(unit) > 1:
                    found["点"].append(product.id)
        return {unit: tuple(dict.fromkeys(pids)) for unit, pids in found.items()}

    def _counted(self) -> dict[str, tuple[str, ...]]:
        """List the products whose denominations are counted: 10节, 24节; 30枚."""
        found: dict[str, list[str]] = defaultdict(list)
        for product in self.products.values():
            if product.by_value and product.unit in COUNTERS:
                found[product.unit].append(product.id)
        return {unit: tuple(pids) for unit, pids in found.items()}

    def _phone_topup(self) -> str | None:
        """Find the product that 充100 + a phone number means: it tops up a phone, in yuan, and calls itself 话费."""
        for product in self.products.values():
            phone = any(f.kind in ("phone", "phone_or_qq") for f in product.account_fields)
            if phone and product.unit == "元" and any("话费" in name or "电话费" in name for name in product.names):
                return product.id
        return None

    def _field_names(self) -> dict[str, tuple[str, ...]]:
        """List, for each kind of field, the names the catalog gives it, commonest first."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for product in self.products.values():
            for entry in product.words.fields:
                votes[entry.kind][entry.name] += 1
        return {kind: tuple(name for name, _ in names.most_common()) for kind, names in votes.items()}

    def _field_cues(self) -> tuple[tuple[str, str], ...]:
        """List what the catalog calls its own accounts (学号, 角色ID), for kinds that generic words do not settle."""
        cues: dict[str, str] = {}
        for product in self.products.values():
            if len(product.account_fields) > 1 or any(
                f.kind in ("uid", "card_no", "text") for f in product.account_fields
            ):
                for entry in product.account_fields:
                    label = plain(entry.label)
                    cues.setdefault(label, f"={entry.name}")
                    if label.endswith("号") and len(label) > 3:
                        cues.setdefault(label[:-1], f"={entry.name}")  # 身份证 is said for 身份证号
        return tuple(sorted(cues.items(), key=lambda cue: -len(cue[0])))


def _shape(pattern: str, telling: bool = False) -> re.Pattern[str] | None:
    """Turn an account pattern into one that finds it inside a text; None for plain digits, read otherwise.

    A `telling` one is wanted for free text: it must not match what people write anyway.
    """
    inner = pattern.removeprefix("^").removesuffix("$")
    if telling and (matches_any_text(inner) or not re.search(r"\\d|\[.*[A-Z0-9]", inner)):
        return None
    if (not telling and not re.search(r"[A-Za-z\u4e00-\u9fff]", re.sub(r"\\[a-z]", "", inner))) or inner.startswith(
        "."
    ):
        return None
    try:
        return re.compile(rf"(?<![A-Za-z0-9])(?:{inner})(?![A-Za-z0-9])")
    except re.error:
        return None


def _next_field(labels: list[str]) -> re.Pattern[str]:
    """Find where what is said for one field ends: at another's label with its value, at a phone, a mail, an ID."""
    own = "|".join(map(re.escape, labels)) or "(?!)"
    return re.compile(
        rf"[\s,，]*(?:{own})(?:是|为|叫|写|[:=])|[\s,，]*(?:{own})\s*(?=[\d一二三四五六七八九十])"
        r"|[\s,，]*(?:联系|会员|绑定|家长|我的|本人|备用)?的?(?:手机|电话|身份证|邮箱|qq|微信)(?:号码?)?(?:是|为|[:=\s])*(?=[\da-z])"
        r"|(?<=[\u4e00-\u9fff])(?<![是为叫写])\s*(?:1[3-9]\d{9}(?!\d)|\d{15,18}(?!\d)|[a-z\d][a-z\d._-]*@)"
    )


MOST_HEADS = 6
_HEAD = re.compile("[\u4e00-\u9fff]+")


def _is_head(tail: str) -> bool:
    """Tell whether what names end in is a word by itself: 场地, 汽油券, and 课时 of 练车课时."""
    return is_word(tail[-2:] if len(tail) == 4 else tail) or (tail[-1] in "券卡票课" and is_word(tail[:-1]))


def _own_tail(name: str) -> str:
    """Give what a name ends in after its maker: 一卡通 of 网易一卡通, 流量卡 of 日本流量卡; "" if it says nothing."""
    head, tail = name[:-3], name[-3:]
    longer = name[-4:]
    if re.fullmatch("[\u4e00-\u9fff]{6,}", name) and longer[2:] in GENERIC_TAILS:
        return longer if longer[:2] not in TOO_GENERIC else ""  # 题库会员 of 驾考题库会员
    if re.search(r"[a-z0-9][\u4e00-\u9fff]{3}$", name):
        return tail if tail not in TOO_GENERIC and tail not in GENERIC_TAILS else ""  # 环游esim流量卡
    if not re.fullmatch(r"[\u4e00-\u9fff]{5,}", name) or not (is_word(head) or tail == "一卡通"):
        return ""
    generic = any(tail == rest or (tail.endswith(rest) and tail[: -len(rest)] in TOO_GENERIC) for rest in GENERIC_TAILS)
    return "" if generic and tail != "一卡通" else tail


def matches_any_text(pattern: str) -> bool:
    """Tell whether a pattern accepts ordinary words, so that it finds nothing in particular."""
    try:
        return any(
            re.fullmatch(pattern, said) for said in ("", "好的", "张三", "1", "ok", "2024", "李白和韩信", "13812345678")
        )
    except (re.error, RecursionError):
        return True


def _prefixes(name: str) -> list[str]:
    """List what buyers shorten a name to: its first word, or its first two or three characters."""
    latin = re.match(r"[a-z]{3,}", name)
    if latin:
        return [latin[0]] if latin[0] != name else []
    if re.match(r"[\u4e00-\u9fff]{4}", name):
        return [name[:2]] if _own_tail(name) == name[2:] else [name[:2], name[:3]]  # 骏网一百 is no 骏网一卡通 and 百
    return []
