"""How long something took, as ISO 8601 writes it."""

from __future__ import annotations

from datetime import timedelta

MINUTE = timedelta(minutes=1)


def iso_duration(span: timedelta) -> str:
    """27,000 seconds → `PT7H30M`. Exact, and in hours: a day of business time is not 24 hours everywhere."""
    minutes, rest = divmod(span, MINUTE)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest.seconds}.{rest.microseconds:06d}".rstrip("0").rstrip(".") if rest else ""
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else "", f"{seconds}S" if seconds else ""]
    return f"PT{''.join(parts) or '0S'}"
