"""What a finished file says about its own making: the XMP packet and the manifest.

Signing (C2PA) and the database row of the manifest are not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from generation.spec import PresetSpec
from generation.types import EncodedFile, Rendered

CREATOR_TOOL = "ProductViz"
MANIFEST_SCHEMA = 1

DIGITAL_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
LOCKED_PHOTOGRAPH = DIGITAL_SOURCE_TYPES + "algorithmicallyEnhanced"

_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    "<xmp:CreatorTool>{tool}</xmp:CreatorTool>"
    "<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="w"?>'
)
# The three ways RDF/XML may write the property: attribute, resource, element.
_SOURCE_TYPE = re.compile(
    rb"Iptc4xmpExt:DigitalSourceType"
    rb"(?:\s*=\s*[\"']|\s+rdf:resource\s*=\s*[\"']|\s*>\s*)"
    rb"([!-~]{1,200}?)\s*[\"'<]"
)


def digital_source_type(spec: PresetSpec) -> str:
    """Give the IPTC Digital Source Type of a preset's pictures, as a URI.

    A packshot is one camera capture, cut out and set on a plain ground with a computed shadow:
    "Algorithmically-altered media: Modification or correction by algorithm without changing the
    main content of the media". Its composite terms are for several captures or for generated
    elements, and no trained model paints anything here. Vocabulary of 2024-09-17:
    http://iptc.org/std-dev/NewsCodes/treeview/digitalsourcetype-en-GB.html
    """
    return {"packshot": LOCKED_PHOTOGRAPH}[spec.kind]


def xmp_packet(source_type: str) -> bytes:
    """Give the XMP packet of a finished file: its digital source type and the tool, no more."""
    return _XMP.format(tool=CREATOR_TOOL, source_type=source_type).encode()


def read_digital_source_type(data: bytes) -> str | None:
    """Find the digital source type in a file of any format, or None where it is gone.

    Scans for the packet as the XMP specification (part 3, "packet scanning") allows, so that a
    file fetched from a store is never decoded for it. A compressed PNG text chunk is not read.
    """
    found = _SOURCE_TYPE.search(data)
    return found.group(1).decode("ascii") if found else None


def build_manifest(
    rendered: Rendered,
    spec: PresetSpec,
    files: Sequence[EncodedFile],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Give the record of how the files were made, as plain JSON values.

    ``facts`` holds what this stage cannot know: ``sources`` (a list of source SHA-256 digests),
    ``cutout_model`` (name@version) and ``cutout_licence``. Raises `ValueError` where one is
    missing: a record with a gap proves nothing.
    """
    missing = sorted({"sources", "cutout_model", "cutout_licence"} - facts.keys())
    if missing:
        raise ValueError(f"The manifest needs {', '.join(missing)}; add them to the facts.")
    return {
        "schema": MANIFEST_SCHEMA,
        "sources": [str(source) for source in facts["sources"]],
        "preset": {"kind": spec.kind, "digest": spec.digest()},
        "engine": rendered.engine,
        "seed": rendered.seed,
        "placed": [{"source": one.item, **asdict(one.transform)} for one in rendered.placed],
        "facts": dict(rendered.facts),
        "cutout": {"model": facts["cutout_model"], "licence": facts["cutout_licence"]},
        "digital_source_type": digital_source_type(spec),
        "files": [_file_entry(file) for file in files],
    }


def _file_entry(file: EncodedFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "format": file.format,
        "width": file.width,
        "height": file.height,
        "bytes": len(file.data),
        "sha256": file.sha256,
    }
