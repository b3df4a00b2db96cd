"""The only place that knows the table: rows, keys, indexes, and one transaction with outbox."""
