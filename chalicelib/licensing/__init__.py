"""Licences, their addons, their keys, and the answer a tool gets (V9–V11, B1, B2)."""
