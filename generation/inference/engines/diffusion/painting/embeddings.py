"""Prompts' words as the encoders make them, kept, since prompts repeat over a catalog."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from .batch import Words

# A klein prompt takes 7.9 MB in bfloat16 (512 tokens of 7,680), an SDXL prompt 0.3 MB.
MOST_BYTES = 256 * 2**20


class Embeddings:
    """A bounded store of words by (encoder, text, padding); the least recently used go first.

    Every prompt is encoded alone, so a kept one is bit-equal to a new one.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[tuple[str, str, int], Words] = OrderedDict()
        self.used = 0
        self.hits = 0
        self.misses = 0

    def get(self, encoder: str, text: str, pad: int, encode: Callable[[str], Words]) -> Words:
        """Give the words of ``text``, by ``encode`` where they are not kept."""
        key = (encoder, text, pad)
        if key in self._kept:
            self.hits += 1
            self._kept.move_to_end(key)
            return self._kept[key]
        self.misses += 1
        words = encode(text)
        self._keep(key, words)
        return words

    def forget(self, encoder: str) -> None:
        """Drop what an encoder made, when its model leaves the memory."""
        for key in [key for key in self._kept if key[0] == encoder]:
            self.used -= _bytes(self._kept.pop(key))

    def _keep(self, key: tuple[str, str, int], words: Words) -> None:
        size = _bytes(words)
        if size > self._most:
            return
        while self.used + size > self._most:
            self.used -= _bytes(self._kept.popitem(last=False)[1])
        self._kept[key] = words
        self.used += size


def _bytes(words: Words) -> int:
    return sum(tensor.nbytes for tensor in words.values())
