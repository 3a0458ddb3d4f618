"""`make bench`: the figures the product promises, measured here and now, never in a timed test."""
