"""Writes the copy-and-paste code of Pix (EMV, BR Code) of a charge."""

from binascii import crc_hqx


def make_pix(address: str, amount: str) -> str:
    """The code of a charge at `address` (without a scheme) over `amount` (`149.90`), in reais."""
    account = _field("00", "br.gov.bcb.pix") + _field("25", address[:77])
    body = "".join(
        (
            _field("00", "01"),
            _field("26", account),
            _field("52", "0000"),
            _field("53", "986"),
            _field("54", amount),
            _field("58", "BR"),
            _field("59", "SANDBOX"),
            _field("60", "SAO PAULO"),
            _field("62", _field("05", "***")),
            "6304",
        )
    )
    return f"{body}{crc_hqx(body.encode(), 0xFFFF):04X}"


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"
