from __future__ import annotations


def docs(request): ...
