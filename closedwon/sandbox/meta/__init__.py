"""Meta's Conversions API, as its documentation describes it."""
