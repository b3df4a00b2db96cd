"""Vigencia's application package; `design` of the rooms is in the README."""
