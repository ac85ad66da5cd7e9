"""WeChat Pay v3 cryptography: RSA-SHA256 signatures both ways, AES-256-GCM resources, the platform certificate."""

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID


def private_key(pem: str) -> RSAPrivateKey:
    """Load an RSA private key. Raises ValueError for anything else."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("an RSA private key is needed")
    return key


def public_key(pem: str) -> RSAPublicKey:
    """Load an RSA public key. Raises ValueError for anything else."""
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("an RSA public key is needed")
    return key


def sign(text: str, key: RSAPrivateKey) -> str:
    """RSA-SHA256, PKCS#1 v1.5, base64."""
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(text: str, signature: str, key: RSAPublicKey) -> bool:
    """Whether the signature over this text was made with the key's private half."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(plaintext: str, api_v3_key: str, associated_data: str) -> dict[str, str]:
    """Encrypt as WeChat Pay does for notices and certificates: AEAD_AES_256_GCM, 12-character nonce."""
    nonce = secrets.token_hex(6)
    cipher = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plaintext.encode(), associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(cipher).decode(),
        "associated_data": associated_data,
        "nonce": nonce,
    }


def platform_certificate(key: RSAPrivateKey) -> tuple[str, str]:
    """A self-signed certificate over the platform's key: its serial number (hex) and its PEM."""
    public = key.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    # 40 hex digits without a leading zero, as the real ones: a reader may print them with or without padding.
    serial = int.from_bytes(b"\x5a" + hashlib.sha256(der).digest()[:19], "big")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com Root CA (sandbox)")])
    begins = datetime.now(UTC) - timedelta(days=30)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=5 * 365))
        .sign(key, hashes.SHA256())
    )
    return f"{serial:X}", certificate.public_bytes(serialization.Encoding.PEM).decode()
