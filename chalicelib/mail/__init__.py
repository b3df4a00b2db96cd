"""E-mails: queued once per (kind, subject), claimed, sent through SES, marked as sent."""
