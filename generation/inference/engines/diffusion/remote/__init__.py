"""Painting by a serving system that the operator already runs, over HTTP: no torch, no GPU here."""
