"""How an object's records come: query by query, or by a job of the Bulk API."""
