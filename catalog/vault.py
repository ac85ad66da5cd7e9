"""Encrypts card keys for storage and hashes them to find duplicates, under keys derived from the app secret."""

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_KEY_BYTES = 32
_FORMAT = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD_BYTES = len(_FORMAT) + _KEY_ID_BYTES + _NONCE_BYTES


class VaultError(Exception):
    """A stored card key cannot be opened: the app secret is another one, or the row was tampered with."""


@dataclass(frozen=True, slots=True)
class CardSecret:
    """A card key in clear: the secret, and the card number for cards that have one."""

    secret: str = field(repr=False)
    number: str | None = field(default=None, repr=False)


class Vault:
    """Seals and opens card keys.

    A sealed key is: format (1 byte), key id (4), nonce (12), AES-256-GCM ciphertext and tag. It opens only as the
    row it was sealed for, so ciphertexts cannot be swapped between rows. Keys sealed under `earlier` app secrets
    still open; `key_rotation.py` seals and hashes them anew.
    """

    def __init__(self, secret_key: bytes, earlier: Sequence[bytes] = ()) -> None:
        for key in (secret_key, *earlier):
            if len(key) != SECRET_KEY_BYTES:
                raise ValueError(f"the app secret is {SECRET_KEY_BYTES} bytes, not {len(key)}")
        self._key_id = _key_id(secret_key)
        self._ciphers = {_key_id(key): AESGCM(_derive(key, b"encrypt", 32)) for key in (*earlier, secret_key)}
        self._hash_keys = tuple(_derive(key, b"hash", 32) for key in (secret_key, *earlier))

    @property
    def key_id(self) -> bytes:
        """What the keys of today's secret are marked with; says nothing about the secret."""
        return self._key_id

    def seal(self, card: CardSecret, sku_code: str, card_key_id: int) -> bytes:
        """Encrypt a card key for one row."""
        head = _FORMAT + self._key_id
        nonce = os.urandom(_NONCE_BYTES)
        clear = json.dumps([card.number, card.secret], ensure_ascii=False).encode()
        return head + nonce + self._ciphers[self._key_id].encrypt(nonce, clear, _bound_to(head, sku_code, card_key_id))

    def open(self, sealed: bytes, sku_code: str, card_key_id: int) -> CardSecret:
        """Decrypt a row's card key. Raises VaultError, which names the row and never its content."""
        key_id = sealed[len(_FORMAT) : len(_FORMAT) + _KEY_ID_BYTES]
        head, nonce = sealed[: len(_FORMAT) + _KEY_ID_BYTES], sealed[len(_FORMAT) + _KEY_ID_BYTES : _HEAD_BYTES]
        cipher = self._ciphers.get(key_id)
        if sealed[:1] != _FORMAT or cipher is None:
            raise VaultError(f"card key {card_key_id} was sealed under another app secret")
        try:
            clear = cipher.decrypt(nonce, sealed[_HEAD_BYTES:], _bound_to(head, sku_code, card_key_id))
        except (InvalidTag, ValueError):
            raise VaultError(f"card key {card_key_id} does not open: its row was changed") from None
        number, secret = json.loads(clear)
        return CardSecret(secret=secret, number=number)

    def fingerprint(self, card: CardSecret) -> bytes:
        """Hash a card key, so that the same key is found again without being readable. 32 bytes.

        The number counts: short passwords repeat across cards. The SKU does not: one key entered under two SKUs
        would be sold twice.
        """
        return self._fingerprint(card, self._hash_keys[0])

    def earlier_fingerprints(self, card: CardSecret) -> tuple[bytes, ...]:
        """The hashes under which the same key may still stand, until every row is hashed anew."""
        return tuple(self._fingerprint(card, key) for key in self._hash_keys[1:])

    def _fingerprint(self, card: CardSecret, hash_key: bytes) -> bytes:
        number = (card.number or "").encode()
        message = len(number).to_bytes(4, "big") + number + card.secret.encode()
        return hmac.digest(hash_key, message, hashlib.sha256)


def _bound_to(head: bytes, sku_code: str, card_key_id: int) -> bytes:
    return b"\0".join((head, sku_code.encode(), str(card_key_id).encode()))


def _key_id(secret_key: bytes) -> bytes:
    return _derive(secret_key, b"id", _KEY_ID_BYTES)


def _derive(secret_key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"kabot card keys v1: " + purpose).derive(secret_key)
