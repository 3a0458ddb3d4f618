"""Tests about the house itself: imports, settings, documents."""
