"""The version of this client, as it tells the server."""

VERSION = "1.0.0"
