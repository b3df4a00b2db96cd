"""The sandbox payment provider: stands in for Asaas, Stripe and PayPal, and signs its webhooks as they do.

It runs on loopback with the standard library, and `cryptography` for what that cannot sign, and shares no
code with the application. So it is also a check on the application: what both sides agree on was written
twice.
"""
