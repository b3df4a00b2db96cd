"""Tickets: conversations between a customer and the vendor's staff (S3, S6)."""
