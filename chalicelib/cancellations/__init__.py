"""Cancellations: the case of a customer who leaves, from his request to the formal e-mail (C1 to C14)."""
