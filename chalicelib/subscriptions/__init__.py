"""Subscriptions: what a customer holds and until when, on terms frozen at purchase."""
