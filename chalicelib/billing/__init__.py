"""Invoices, payments and the providers that collect them (V1, V3, V7, B5)."""
