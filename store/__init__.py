"""Postgres: every query is a function of an open connection; whoever opened it ends it."""
