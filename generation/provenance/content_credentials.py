"""Content Credentials (C2PA): sign a finished file as this installation, and read a file's state.

Signing needs the extra ``provenance``; nothing here uses the network: no time-stamp server, no
revocation lists, no remote manifests. Where the key comes from is ``certificates``' business,
and the XMP packet, which every file has, is ``provenance``'s.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from productviz import __version__

# What a signed file is heavier by: seen 4.0 to 7.3 KB with one to eight sources (c2pa 0.38.1).
ROOM = 8_192
CONTENT_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
}
_OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
_UNTRUSTED = "signingCredential.untrusted"


@dataclass(frozen=True, slots=True)
class Identity:
    """An installation's certificate chain and private key, both PEM."""

    chain: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Identity(<hidden>)"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signature vouches for: the IPTC type, the photographs by SHA-256, the recipe."""

    source_type: str
    sources: tuple[str, ...]
    preset: str
    engine: str


class State(StrEnum):
    """How a file's Content Credentials are."""

    ABSENT = "absent"
    SIGNED = "signed"
    BROKEN = "broken"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a file's signature says. ``trusted`` means that the issuer is on a trust list."""

    state: State
    issuer: str = ""
    trusted: bool = False
    source_type: str = ""

    @property
    def sentence(self) -> str:
        """The state in a merchant's words."""
        if self.state is State.SIGNED and not self.trusted:
            return f"Signed by {self.issuer}; the issuer is not on a trust list."
        return {
            State.ABSENT: "Not signed.",
            State.SIGNED: f"Signed by {self.issuer}, an issuer on a trust list.",
            State.BROKEN: "The file was changed after it was signed.",
            State.UNREAD: "Signed; this installation cannot read by whom. "
            "Install the extra “provenance”.",
        }[self.state]


def is_picture(data: bytes) -> bool:
    """Whether the first bytes are those of a format that we write."""
    return _sniff(data) is not None


def is_installed() -> bool:
    """Whether the extra ``provenance`` is here; looks without loading it."""
    return find_spec("c2pa") is not None


def sign(data: bytes, image_format: str, *, claim: Claim, identity: Identity) -> bytes:
    """Give the file with a signed manifest in it; the pixels and the XMP packet stay as they are.

    Every call gives other bytes: a manifest has its own number and time, and ECDSA a random part.
    """
    c2pa = import_module("c2pa")
    signer_info = c2pa.C2paSignerInfo(
        alg=b"es256", sign_cert=identity.chain, private_key=identity.key, ta_url=None
    )
    signed = io.BytesIO()
    with (
        c2pa.Context.from_dict(_OFFLINE) as context,
        c2pa.Signer.from_info(signer_info) as signer,
        c2pa.Builder(json.dumps(_manifest(claim)), context=context) as builder,
    ):
        builder.sign(signer, CONTENT_TYPES[image_format], io.BytesIO(data), signed)
    return signed.getvalue()


def read_credentials(data: bytes) -> Credentials:
    """Read the state of a file's Content Credentials; a broken or foreign file raises nothing."""
    kind = _sniff(data)
    if kind is None or b"c2pa" not in data:
        return Credentials(State.ABSENT)
    if not is_installed():
        return Credentials(State.UNREAD)
    c2pa = import_module("c2pa")
    try:
        with (
            c2pa.Context.from_dict(_OFFLINE) as context,
            c2pa.Reader(kind, io.BytesIO(data), context=context) as reader,
        ):
            return _credentials(json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return Credentials(State.ABSENT)
    except (c2pa.C2paError, ValueError, KeyError):
        return Credentials(State.BROKEN)


def _manifest(claim: Claim) -> dict[str, Any]:
    names = [f"photograph-{number}" for number in range(1, len(claim.sources) + 1)]
    is_edit = len(names) == 1 and claim.source_type.endswith("/algorithmicallyEnhanced")
    relation = "parentOf" if is_edit else "componentOf"
    return {
        "claim_generator_info": [{"name": "ProductViz", "version": __version__}],
        "title": "Product picture",
        "ingredients": [
            {
                "title": "Photograph of the product",
                "format": "application/octet-stream",
                "instance_id": f"urn:sha256:{source}",
                "relationship": relation,
                "label": name,
            }
            for name, source in zip(names, claim.sources, strict=True)
        ],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": _actions(claim, names, is_edit)}},
            {
                "label": "org.productviz.recipe",
                "data": {"preset": claim.preset, "engine": claim.engine},
            },
        ],
    }


def _actions(claim: Claim, names: list[str], is_edit: bool) -> list[dict[str, Any]]:
    """One edited photograph was opened; anything else was created and photographs placed in it."""
    sources = {"ingredientIds": names}
    if is_edit:
        return [
            {"action": "c2pa.opened", "parameters": sources},
            {"action": "c2pa.edited", "digitalSourceType": claim.source_type},
        ]
    return [
        {"action": "c2pa.created", "digitalSourceType": claim.source_type},
        {"action": "c2pa.placed", "parameters": sources},
    ]


def _credentials(found: dict[str, Any]) -> Credentials:
    manifest = found["manifests"][found["active_manifest"]]
    signature = manifest.get("signature_info", {})
    codes = {str(one.get("code")) for one in found.get("validation_status", [])}
    return Credentials(
        state=State.BROKEN if codes - {_UNTRUSTED} else State.SIGNED,
        issuer=str(signature.get("common_name") or signature.get("issuer") or "an unknown issuer"),
        trusted=not codes,
        source_type=_source_type(manifest),
    )


def _source_type(manifest: dict[str, Any]) -> str:
    actions = (
        action
        for assertion in manifest.get("assertions", [])
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    )
    return next(
        (str(one["digitalSourceType"]) for one in actions if "digitalSourceType" in one), ""
    )


def _sniff(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/avif" if data[4:8] == b"ftyp" else None
