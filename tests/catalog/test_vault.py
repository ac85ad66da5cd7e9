"""Card keys in storage: nobody reads them, swaps them or guesses them without the app secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.vault import CardSecret, Vault, VaultError

A, B = Vault(b"a" * 32), Vault(b"b" * 32)
CARD = CardSecret(secret="ABCD-1234", number="N001")


@given(
    st.text(st.characters(exclude_categories=("Cs",))), st.none() | st.text(st.characters(exclude_categories=("Cs",)))
)
def test_a_key_comes_out_exactly_as_it_went_in(secret: str, number: str | None) -> None:
    card = CardSecret(secret=secret, number=number)

    assert A.open(A.seal(card, "C10", 7), "C10", 7) == card


def test_a_sealed_key_shows_nothing_and_is_never_the_same_twice() -> None:
    sealed = A.seal(CARD, "C10", 7)

    assert b"ABCD" not in sealed
    assert b"N001" not in sealed
    assert sealed != A.seal(CARD, "C10", 7)


def test_a_key_opens_only_as_the_row_it_was_sealed_for() -> None:
    sealed = A.seal(CARD, "C10", 7)

    for sku_code, card_key_id in (("C20", 7), ("C10", 8)):
        with pytest.raises(VaultError):
            A.open(sealed, sku_code, card_key_id)


@given(st.integers(0, 60), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(at: int, by: int) -> None:
    sealed = bytearray(A.seal(CARD, "C10", 7))
    sealed[at % len(sealed)] ^= by

    with pytest.raises(VaultError) as caught:
        A.open(bytes(sealed), "C10", 7)
    assert "ABCD" not in str(caught.value)


@given(st.binary(max_size=60))
def test_any_bytes_at_all_are_refused_in_order(sealed: bytes) -> None:
    with pytest.raises(VaultError):
        A.open(sealed, "C10", 7)


def test_another_app_secret_opens_nothing_unless_it_is_kept_as_an_earlier_one() -> None:
    sealed = A.seal(CARD, "C10", 7)

    with pytest.raises(VaultError, match="another app secret"):
        B.open(sealed, "C10", 7)
    assert Vault(b"b" * 32, earlier=[b"a" * 32]).open(sealed, "C10", 7) == CARD


def test_a_fingerprint_is_of_number_and_secret_and_of_the_app_secret() -> None:
    same = CardSecret(secret="ABCD-1234", number="N001")

    assert A.fingerprint(CARD) == A.fingerprint(same)
    others = [CardSecret("ABCD-1234"), CardSecret("ABCD-1234", "N002"), CardSecret("BCD-1234", "N001A")]
    assert len({A.fingerprint(CARD), B.fingerprint(CARD), *map(A.fingerprint, others)}) == 5


def test_neither_keys_nor_secrets_show_in_a_repr() -> None:
    assert "ABCD" not in repr(CARD)
    assert "N001" not in repr(CARD)


def test_an_app_secret_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(b"short")
