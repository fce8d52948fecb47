"""Invented people by the million, column by column.

The sandbox's people (:mod:`closedwon.sandbox.invented`) are few and known by name. Speed is measured on many, and on
names, towns and postal codes of which as many differ as in a real CRM: a short list of names would flatter whoever
reads each distinct cell once.
"""
