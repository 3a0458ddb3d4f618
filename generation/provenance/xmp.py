"""The XMP packet of a finished file: its IPTC digital source type and the tool, no more."""

from __future__ import annotations

import re

CREATOR_TOOL = "ProductViz"
DIGITAL_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"

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


def xmp_packet(source_type: str) -> bytes:
    """Give the packet with a digital source type (a URI of the IPTC vocabulary)."""
    return _XMP.format(tool=CREATOR_TOOL, source_type=source_type).encode()


def read_digital_source_type(data: bytes) -> str | None:
    """Find the digital source type in a file of any format, or None where it is gone.

    Scans for the packet as the XMP specification (part 3, "packet scanning") allows, so that a
    file fetched from a store is never decoded for it. A compressed PNG text chunk is not read.
    """
    found = _SOURCE_TYPE.search(data)
    return found.group(1).decode("ascii") if found else None
