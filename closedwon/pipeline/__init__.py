"""From stage entries to answered deliveries: funnel, values, gates, delivery, and the run that joins them."""
