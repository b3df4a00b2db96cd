"""Licence validation as a function of its own: no Chalice, no PynamoDB, no botocore; one read, no write."""
