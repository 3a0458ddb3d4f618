"""The painter of this machine: models in memory, batches through them, and what can go wrong there.

The only package that may import torch, diffusers and transformers. Nothing of it runs in a process
that answers requests or claims rows; `keys`, `batches`, `limits` and `model` are free of torch, so
that such a process may ask them what fits together.
"""
