"""Which supplier is asked next: by priority, never too dear, the silent and the empty last; each at most once."""

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.suppliers.choosing import ANY_MARKET, Market, Skipped, Source, Terms, choose

A, B, C = Source("a", "x", 9800), Source("b", "x", 9700), Source("c", "x")


def test_priority_decides_and_not_the_price() -> None:
    chosen = choose([A, B, C], tried=(), unit_fen=9950, allow_loss=False, market=ANY_MARKET)
    assert (chosen.source, chosen.skipped) == (A, ())
    assert choose([A, B, C], tried={A.key}, unit_fen=9950, allow_loss=False, market=ANY_MARKET).source == B


def test_who_gives_no_answers_or_has_none_is_asked_last_but_asked() -> None:
    market = Market(avoid=frozenset({"a"}))
    assert choose([A, B], tried=(), unit_fen=9950, allow_loss=False, market=market).source == B
    assert choose([A, B], tried={B.key}, unit_fen=9950, allow_loss=False, market=market).source == A
    out = Source("b", "x", 9700, available=False)
    assert choose([out, C], tried=(), unit_fen=9950, allow_loss=False, market=ANY_MARKET).source == C


def test_who_is_too_dear_is_passed_over_with_the_figures() -> None:
    chosen = choose([A, B], tried=(), unit_fen=9750, allow_loss=False, market=ANY_MARKET)
    assert (chosen.source, chosen.skipped) == (B, (Skipped(A, "costs 98.00, at most 97.50"),))
    nobody = choose([A, B], tried=(), unit_fen=9000, allow_loss=False, market=ANY_MARKET)
    assert nobody.source is None
    assert [one.source for one in nobody.skipped] == [A, B]


def test_a_margin_is_kept_per_supplier_and_a_loss_only_where_allowed() -> None:
    market = Market(terms={"a": Terms(margin_percent=5), "b": Terms(allow_loss=True)})
    assert choose([A, B], tried=(), unit_fen=10000, allow_loss=False, market=market).source == B
    assert choose([A, B], tried=(), unit_fen=1, allow_loss=False, market=market).source == B
    assert choose([A, B], tried=(), unit_fen=1, allow_loss=True, market=market).source == A


def test_who_is_not_configured_is_passed_over() -> None:
    chosen = choose([A, B], tried=(), unit_fen=9950, allow_loss=False, market=Market(terms={"b": Terms()}))
    assert (chosen.source, chosen.skipped) == (B, (Skipped(A, "not configured"),))


SOURCES = st.lists(
    st.builds(
        Source,
        st.sampled_from("abcd"),
        st.sampled_from("xy"),
        st.none() | st.integers(0, 200),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda source: source.key,
)


@given(
    sources=SOURCES,
    unit_fen=st.integers(1, 200),
    margin=st.integers(0, 100),
    avoid=st.frozensets(st.sampled_from("abcd")),
)
def test_asked_until_nobody_is_left_each_is_considered_once_and_no_loss_is_ever_made(
    sources: list[Source], unit_fen: int, margin: int, avoid: frozenset[str]
) -> None:
    market = Market(terms={name: Terms(margin_percent=margin) for name in "abc"}, avoid=avoid)
    tried: list[tuple[str, str]] = []
    while True:
        choice = choose(sources, tried=tried, unit_fen=unit_fen, allow_loss=False, market=market)
        tried += [one.source.key for one in choice.skipped]
        if choice.source is None:
            break
        tried.append(choice.source.key)
        assert choice.source.supplier != "d"
        assert choice.source.cost_fen is None or choice.source.cost_fen * 100 <= unit_fen * (100 - margin)
    assert sorted(tried) == sorted(source.key for source in sources)
