"""Whole installations in processes of their own: killed workers, and the demo itself."""
