"""The rules of cancellations."""
