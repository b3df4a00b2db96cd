"""What is sold: licences, addons, services and subscriptions, with prices per currency (S1, R1)."""
