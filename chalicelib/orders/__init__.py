"""Orders: what a customer asked for, at the price and terms of that moment (S2, S3)."""
