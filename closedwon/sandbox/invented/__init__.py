"""Invented people, what they clicked and bought, and the clients that have them as customers."""
