"""Streams of monitored values: their terms, and what flowed lately (2.1 N11-N15)."""
