"""Names of files and ids, made from what people type. Pure; leans on nothing."""

import re
import unicodedata

_LIMIT = 40
_OUTSIDE = re.compile(r"[^a-z0-9]+")


def slug(text: str, otherwise: str) -> str:
    """ASCII letters, digits and single hyphens, at most 40; `otherwise` when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _OUTSIDE.sub("-", plain).strip("-")[:_LIMIT].rstrip("-") or otherwise
