"""Pictures from diffusion models: what is asked of a model, and what becomes of its answer.

Only ``painting`` below knows torch; it runs in a process of its own.
"""
