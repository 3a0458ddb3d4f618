"""A real ONNX file of a few hundred bytes: its mask is what is light in the picture.

Written in protobuf's wire format by hand, since the package that writes ONNX is no dependency.
Field numbers are those of onnx.proto3, ONNX 1.16.
"""

from __future__ import annotations

_FLOAT = 1
_INT, _INTS = 2, 7


def brightness_network(side: int | str = "side", *, channels: int = 3) -> bytes:
    """Give a network from 1 x channels x side x side to 1 x 1 x side x side, 1 where it is
    lighter than the recipe's mean and -1 where it is darker."""
    axes = _text(1, "axes") + _number(8, 1) + _number(20, _INTS)
    keep = _text(1, "keepdims") + _number(3, 1) + _number(20, _INT)
    mean = _text(1, "picture") + _text(2, "light") + _text(4, "ReduceMean")
    mean += _block(5, axes) + _block(5, keep)
    sign = _text(1, "light") + _text(2, "mask") + _text(4, "Sign")
    graph = _block(1, mean) + _block(1, sign) + _text(2, "brightness")
    graph += _block(11, _tensor("picture", channels, side)) + _block(12, _tensor("mask", 1, side))
    return _number(1, 8) + _block(7, graph) + _block(8, _number(2, 13))


def _tensor(name: str, channels: int, side: int | str) -> bytes:
    shape = b"".join(_block(1, _side(size)) for size in (1, channels, side, side))
    return _text(1, name) + _block(2, _block(1, _number(1, _FLOAT) + _block(2, shape)))


def _side(size: int | str) -> bytes:
    return _number(1, size) if isinstance(size, int) else _text(2, size)


def _text(field: int, text: str) -> bytes:
    return _block(field, text.encode())


def _block(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
