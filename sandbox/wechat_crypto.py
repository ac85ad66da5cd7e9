"""Signatures and AES of the official-account message push (development guide, "消息加解密")."""

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32


class CipherError(ValueError):
    """The other side's ciphertext cannot be what it should be."""


def signature(*parts: str) -> str:
    """The hex SHA-1 of the sorted parts: (token, timestamp, nonce) or (token, timestamp, nonce, Encrypt)."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def encrypt(message: str, aes_key: str, app_id: str) -> str:
    """Encrypt a message: 16 random bytes, 4-byte length, message, app id; AES-256-CBC; base64."""
    key, body = _key(aes_key), message.encode()
    plain = secrets.token_bytes(16) + struct.pack(">I", len(body)) + body + app_id.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()


def decrypt(text: str, aes_key: str, app_id: str) -> str:
    """Undo `encrypt`. Raises CipherError when anything about it is not as it must be."""
    key = _key(aes_key)
    try:
        cipher = base64.b64decode(text, validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = decryptor.update(cipher) + decryptor.finalize()
        padding = plain[-1]
        if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise CipherError("padding")
        plain = plain[:-padding]
        (length,) = struct.unpack(">I", plain[16:20])
        body, receiver = plain[20 : 20 + length], plain[20 + length :]
        if len(body) != length or receiver.decode() != app_id:
            raise CipherError("length or app id")
        return body.decode()
    except (ValueError, IndexError, struct.error) as error:
        raise CipherError(str(error)) from None


def _key(aes_key: str) -> bytes:
    return base64.b64decode(aes_key + "=")
