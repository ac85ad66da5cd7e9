# ruff: noqa: ARG002 - the port says what each method takes
"""A shop without a WeChat Pay merchant, as while it is being set up: everything is refused, nothing is believed."""

from collections.abc import Mapping
from datetime import date

from payments.gateway import PaymentRequest, RefundRequest, Rejected

_REFUSED = Rejected("NO_MERCHANT", "[pay] is not configured")


class NoMerchant:
    """A `gateway.PayGateway` that opens nothing. What was never opened is neither paid nor to be closed."""

    def open_jsapi(self, request: PaymentRequest, payer_openid: str) -> Rejected:
        return _REFUSED

    def open_native(self, request: PaymentRequest) -> Rejected:
        return _REFUSED

    def bridge_params(self, prepay_id: str) -> Mapping[str, str]:
        raise LookupError("no prepay was ever made")

    def query(self, out_trade_no: str) -> Rejected:
        return _REFUSED

    def close(self, out_trade_no: str) -> Rejected:
        return _REFUSED

    def refund(self, request: RefundRequest) -> Rejected:
        return _REFUSED

    def query_refund(self, out_refund_no: str) -> Rejected:
        return _REFUSED

    def trade_bill(self, day: date) -> Rejected:
        return _REFUSED
