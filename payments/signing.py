"""Signatures and secrets of WeChat Pay v3: signing as the merchant, checking what claims to be WeChat Pay, AES-GCM."""

import base64
import binascii
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payments.reading import UnreadableError, inner, read_json, text

SKEW_SECONDS = 300
"""How far WeChat Pay's clock and ours may be apart, in either direction."""
PUBLIC_KEY_ID_PREFIX = "PUB_KEY_ID_"
_PROBE = "WECHATPAY/SIGNTEST/"
_HEADER_MAX = 1024
_CERTIFICATES_MAX = 10


class MerchantKey:
    """The merchant's own key: signs requests and the parameters of the payment sheet."""

    def __init__(self, mch_id: str, serial: str, private_key_pem: bytes) -> None:
        """Raise ValueError when the PEM holds no RSA private key."""
        key = serialization.load_pem_private_key(private_key_pem, password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("the merchant's private key is not an RSA key")
        self._mch_id, self._serial, self._key = mch_id, serial, key

    def sign(self, *lines: str) -> str:
        """Sign the lines, each ended by a newline: RSA-SHA256, PKCS#1 v1.5, base64."""
        message = "".join(f"{line}\n" for line in lines).encode()
        return base64.b64encode(self._key.sign(message, PKCS1v15(), hashes.SHA256())).decode()

    def authorization(self, method: str, target: str, body: bytes, now: datetime) -> str:
        """Make the Authorization header of one request; `target` is the path with its query, as sent."""
        stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        signature = self.sign(method, target, stamp, nonce, body.decode())
        return (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{self._mch_id}",nonce_str="{nonce}",timestamp="{stamp}",'
            f'serial_no="{self._serial}",signature="{signature}"'
        )


class PlatformKeys:
    """WeChat Pay's public keys by serial: the public key of public-key mode, platform certificates, or both.

    Shared by the gateway (which refreshes certificates) and by the reading of notices (which never does: a forged
    serial must not make us fetch anything).
    """

    def __init__(self, public_keys: Mapping[str, RSAPublicKey]) -> None:
        self._lock = threading.Lock()
        self._fixed = dict(public_keys)
        self._certificates: dict[str, RSAPublicKey] = {}

    def find(self, serial: str) -> RSAPublicKey | None:
        """Find the key that this serial names."""
        with self._lock:
            return self._fixed.get(serial) or self._certificates.get(serial)

    def serials(self) -> frozenset[str]:
        """What there is a key for."""
        with self._lock:
            return frozenset(self._fixed) | frozenset(self._certificates)

    def replace_certificates(self, keys: Mapping[str, RSAPublicKey]) -> None:
        """Take these platform certificates for the ones in force, and forget the others."""
        with self._lock:
            self._certificates = dict(keys)

    def problem_with(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """Say why this response or notice is not to be believed, or None when WeChat Pay signed it just now.

        Header names are compared without regard to case.
        """
        wanted = {name.lower(): value for name, value in headers.items()}
        values = [wanted.get(f"wechatpay-{name}", "") for name in ("timestamp", "nonce", "serial", "signature")]
        if not all(0 < len(value) <= _HEADER_MAX and value.isascii() for value in values):
            return "signature headers missing or too long"
        stamp, nonce, serial, signature = values
        if not (stamp.isdecimal() and len(stamp) <= 11):
            return "timestamp is no number"
        if abs(now.timestamp() - int(stamp)) > SKEW_SECONDS:
            return "timestamp outside the window"
        key = self.find(serial)
        if key is None:
            return "serial unknown"
        if signature.startswith(_PROBE):
            return "signature is a probe"
        if not _signed_by(key, signature, f"{stamp}\n{nonce}\n".encode() + body + b"\n"):
            return "signature wrong"
        return None


def _signed_by(key: RSAPublicKey, signature: str, message: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return True


def load_public_key(pem: bytes) -> RSAPublicKey:
    """Read a public key or a certificate in PEM. Raise ValueError when it holds no RSA key."""
    if b"BEGIN CERTIFICATE" in pem:
        key = x509.load_pem_x509_certificate(pem).public_key()
    else:
        key = serialization.load_pem_public_key(pem)  # type: ignore[assignment]
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the platform's public key is not an RSA key")
    return key


def read_certificates(body: bytes, api_v3_key: bytes, now: datetime) -> dict[str, RSAPublicKey]:
    """Open an answer of GET /v3/certificates: the keys of those in force, by serial. {} when it is not for us."""
    try:
        entries = read_json(body).get("data")
        if not isinstance(entries, list):
            return {}
        opened = [_open_certificate(entry, api_v3_key) for entry in entries[:_CERTIFICATES_MAX]]
    except (UnreadableError, ValueError):
        return {}
    return {
        f"{certificate.serial_number:X}": key
        for certificate in opened
        if certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        and isinstance(key := certificate.public_key(), RSAPublicKey)
    }


def _open_certificate(entry: Any, api_v3_key: bytes) -> x509.Certificate:
    if not isinstance(entry, dict):
        raise UnreadableError("data")
    sealed = inner(entry, "encrypt_certificate")
    opened = decrypt(
        api_v3_key,
        text(sealed, "nonce", longest=16),
        text(sealed, "associated_data", optional=True),
        text(sealed, "ciphertext", longest=16_384),
    )
    if opened is None:
        raise UnreadableError("ciphertext")
    return x509.load_pem_x509_certificate(opened)


def decrypt(api_v3_key: bytes, nonce: str, associated_data: str, ciphertext: str) -> bytes | None:
    """Open an AEAD_AES_256_GCM resource (base64, 16-byte tag appended); None when it was not sealed with our key."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(api_v3_key).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, ValueError):  # binascii.Error is a ValueError; so is a nonce of a wrong length
        return None
