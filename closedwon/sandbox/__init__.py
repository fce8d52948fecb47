"""The platforms' own rules as loopback servers, and the generated world that they serve.

A referee, not a friend: it accepts only what the platforms document, and shares no code with what it judges.
"""
