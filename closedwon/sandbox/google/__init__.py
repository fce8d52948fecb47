"""Google's Data Manager API and token endpoint, as their documentation describes them."""
