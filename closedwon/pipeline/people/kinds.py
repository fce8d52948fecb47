"""What the kinds of keys of the identity map are called."""

from __future__ import annotations

KIND_NAMES = {"external_id": "id of the person", "email": "e-mail address", "phone": "phone number"}
"""By the kind, as :data:`matching.identity.KINDS` has them."""
