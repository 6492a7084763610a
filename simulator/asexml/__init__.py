"""aseXML: bytes to values and back, content models as data."""
