"""Push, of people rather than events: who is in an ad platform's audience, one module a platform."""
