"""Customers and their accounts: self-registration, sign-in, own data (V4, V5)."""
