"""The only code that joins features: purchase, charging, settlement, activation, and the outbox relay."""
