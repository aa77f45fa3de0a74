"""The API: app, auth, ingest, one file per noun."""
