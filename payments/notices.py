"""Notices of WeChat Pay: proven to be genuine, decrypted, and turned into values; or refused with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payments.gateway import RefundReport, TradeState, Transaction
from payments.reading import UnreadableError, inner, read_json, read_refund, read_transaction, text
from payments.signing import PlatformKeys, decrypt

NOTICE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class NoticeKeys:
    """What a notice is checked against."""

    platform: PlatformKeys
    api_v3_key: bytes = field(repr=False)
    app_id: str
    mch_id: str


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """Somebody paid. `id` is the same whenever this notice is sent again."""

    id: str
    transaction: Transaction
    told: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """All it says."""


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """A refund came to an end, well or not."""

    id: str
    refund: RefundReport
    told: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class OtherNotice:
    """Genuine, but of a kind we have no use for: to be accepted, so that it is not sent again, and ignored."""

    id: str
    event_type: str


@dataclass(frozen=True, slots=True)
class BadNotice:
    """Not to be believed: answer 401 and change nothing. `reason` holds nothing of the notice but a field's name."""

    reason: str


def read_notice(
    headers: Mapping[str, str], body: bytes, *, keys: NoticeKeys, now: datetime
) -> PaymentNotice | RefundNotice | OtherNotice | BadNotice:
    """Read one notice (WeChat Pay v3, 支付通知 and 退款通知). Never raises, whatever comes.

    Checked before anything is decoded: size, window of ±5 minutes, serial, signature; then the envelope, the seal
    (AES-256-GCM), and what is inside: appid, mchid, currency, state, every field's shape. Whether number and total
    agree with an order is for `settling.settle` to say.
    """
    if len(body) > NOTICE_BYTES_MAX:
        return BadNotice("too large")
    problem = keys.platform.problem_with(headers, body, now)
    if problem is not None:
        return BadNotice(problem)
    try:
        return _read_genuine(read_json(body), keys)
    except UnreadableError as error:
        return BadNotice(f"unreadable: {error}")


def _read_genuine(envelope: Mapping[str, Any], keys: NoticeKeys) -> PaymentNotice | RefundNotice | OtherNotice:
    notice_id = text(envelope, "id", longest=64)
    event_type = text(envelope, "event_type", longest=64)
    if event_type == "TRANSACTION.SUCCESS":
        opened = _unseal(envelope, keys)
        transaction = read_transaction(opened, app_id=keys.app_id, mch_id=keys.mch_id)
        if transaction.state is not TradeState.SUCCESS:
            raise UnreadableError("trade_state")
        return PaymentNotice(notice_id, transaction, opened)
    if event_type in ("REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"):
        opened = _unseal(envelope, keys)
        if text(opened, "mchid") != keys.mch_id:
            raise UnreadableError("mchid")
        refund = read_refund(opened, status_field="refund_status")
        if event_type != f"REFUND.{refund.status}":
            raise UnreadableError("refund_status")
        return RefundNotice(notice_id, refund, opened)
    return OtherNotice(notice_id, event_type)


def _unseal(envelope: Mapping[str, Any], keys: NoticeKeys) -> dict[str, Any]:
    if envelope.get("resource_type") != "encrypt-resource":
        raise UnreadableError("resource_type")
    resource = inner(envelope, "resource")
    if resource.get("algorithm") != "AEAD_AES_256_GCM":
        raise UnreadableError("algorithm")
    opened = decrypt(
        keys.api_v3_key,
        text(resource, "nonce", longest=16),
        text(resource, "associated_data", optional=True),
        text(resource, "ciphertext", longest=NOTICE_BYTES_MAX),
    )
    if opened is None:
        raise UnreadableError("ciphertext")
    return read_json(opened)
