"""The catalog in the database is the file's, and its version moves exactly when its content does."""

from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from catalog.files import read_catalog
from catalog.model import AnyValue, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.shelf import Shelf
from catalog.store import Imported, current_version, import_catalog, load_shelf
from catalog.version import content_version
from kernel.money import Fen

DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"
SKUS_IN_DEMO = DEMO.read_text(encoding="utf-8").count('{ code = "')


def _import(engine: Engine, *products: Product) -> Imported:
    with engine.begin() as conn:
        return import_catalog(conn, Shelf(products, "given"))


def _load(engine: Engine) -> Shelf:
    with engine.connect() as conn:
        return load_shelf(conn)


def _product(name: str, *codes: str) -> Product:
    skus = tuple(Sku(code, code, Fen(100 + at)) for at, code in enumerate(codes))
    return Product(name, name, ("类",), Delivery.CARD, skus)


def test_an_empty_database_has_an_empty_shelf(engine: Engine) -> None:
    shelf = _load(engine)

    assert shelf.products == ()
    with engine.connect() as conn:
        assert current_version(conn) == shelf.version


def test_the_demo_catalog_comes_back_as_it_was_read(engine: Engine) -> None:
    demo = read_catalog(DEMO)

    imported = _import(engine, *demo.products)

    assert (imported.added, imported.changed, imported.unchanged, imported.paused) == (SKUS_IN_DEMO, 0, 0, 0)
    loaded = _load(engine)
    assert loaded.products == demo.products
    assert loaded.version == demo.version == imported.version
    assert content_version(loaded.products) == loaded.version


def test_importing_twice_changes_nothing(engine: Engine) -> None:
    demo = read_catalog(DEMO)
    _import(engine, *demo.products)
    with engine.connect() as conn:
        before = conn.execute(
            text("SELECT p.xmin, s.xmin, s.code FROM sku s JOIN product p ON p.id = product_id")
        ).all()

    again = _import(engine, *demo.products)

    assert (again.added, again.changed, again.unchanged, again.paused) == (0, 0, SKUS_IN_DEMO, 0)
    with engine.connect() as conn:
        after = conn.execute(text("SELECT p.xmin, s.xmin, s.code FROM sku s JOIN product p ON p.id = product_id")).all()
        assert conn.execute(text("SELECT count(*) FROM catalog_version")).scalar() == 1
    assert set(after) == set(before)


def test_what_left_the_file_is_taken_off_sale_and_comes_back_with_it(engine: Engine) -> None:
    first, second = _product("a", "A1", "A2"), _product("b", "B1")
    version = _import(engine, first, second).version

    gone = _import(engine, replace(first, skus=first.skus[:1]))

    assert (gone.added, gone.changed, gone.unchanged, gone.paused) == (0, 0, 1, 2)
    assert [sku.code for product in _load(engine).products for sku in product.skus] == ["A1"]
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM sku")).scalar() == 3
    back = _import(engine, first, second)
    assert (back.added, back.changed, back.unchanged, back.paused) == (0, 2, 1, 0)
    assert _load(engine).version == version


def test_every_change_moves_the_version_and_arrives(engine: Engine) -> None:
    product = _product("a", "A1", "A2")
    first, second = product.skus
    changes = [
        product,
        replace(product, name="新名"),
        replace(product, aliases=("别名",)),
        replace(product, note="说明"),
        replace(product, fields=(Field("account", "手机号", FieldKind.PHONE),)),
        replace(product, skus=(second, first)),
        replace(product, skus=(replace(first, price_fen=Fen(1)), second)),
        replace(product, skus=(replace(first, any_value=AnyValue(1, 5)), second)),
        replace(product, skus=(first, second, Sku("A3", "A3", Fen(5)))),
    ]
    versions = set()
    for changed in changes:
        versions.add(_import(engine, changed).version)

        assert _load(engine).products == (changed,)
        with engine.connect() as conn:
            assert current_version(conn) == content_version((changed,))
    assert len(versions) == len(changes)


def test_a_failed_import_leaves_the_catalog_as_it_was(engine: Engine) -> None:
    before = _import(engine, _product("a", "A1")).version

    with engine.connect() as conn:
        import_catalog(conn, Shelf((_product("b", "B1"),), "given"))
        conn.rollback()

    assert _load(engine).version == before


_names = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
_choices = st.lists(
    st.builds(Choice, id=_names, label=_names, aliases=st.lists(_names, max_size=2).map(tuple)), min_size=1, max_size=3
).map(tuple)
_skus = st.builds(
    Sku,
    code=_names,
    label=_names,
    price_fen=st.integers(1, 10**11).map(Fen),
    value=st.none() | st.integers(0, 10**9) | st.floats(0, 10**9).filter(lambda value: value != int(value)),
    unit=_names,
    face_fen=st.none() | st.integers(0, 10**11).map(Fen),
    options=st.dictionaries(_names, _names, max_size=2),
    aliases=st.lists(_names, max_size=2).map(tuple),
    eta=st.none() | _names,
    any_value=st.none() | st.builds(AnyValue, min=st.integers(1, 10**9), max=st.integers(1, 10**9)),
    supplier=st.none() | _names,
)
_products = st.builds(
    Product,
    id=_names,
    name=_names,
    category=st.lists(_names, min_size=1, max_size=3).map(tuple),
    delivery=st.sampled_from(Delivery),
    skus=st.lists(_skus, min_size=1, max_size=3, unique_by=lambda sku: sku.code).map(tuple),
    aliases=st.lists(_names, max_size=2).map(tuple),
    fields=st.lists(
        st.builds(
            Field, name=_names, label=_names, kind=st.sampled_from(FieldKind), values=_choices, optional=st.booleans()
        ),
        max_size=2,
    ).map(tuple),
    options=st.lists(st.builds(Option, name=_names, label=_names, values=_choices), max_size=2).map(tuple),
    note=_names,
)


@given(product=_products)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_catalog_holds_comes_back_the_same(engine: Engine, product: Product) -> None:
    imported = _import(engine, product)

    loaded = _load(engine)
    assert loaded.products == (product,)
    assert content_version(loaded.products) == imported.version
