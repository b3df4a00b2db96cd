"""The only place that knows Chalice and Powertools: routes, problems, auth, workers, logs, OpenAPI."""
