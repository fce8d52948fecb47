"""What is sent and what was answered: the lanes of deliveries, restatements, and the platforms' later word."""
