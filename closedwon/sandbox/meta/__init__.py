"""Meta's Conversions API and custom audiences, as their documentation describes them."""
