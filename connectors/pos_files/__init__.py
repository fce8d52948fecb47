"""POS files: a till's exports, matched by a glob and read as purchases and refunds.

A file's bytes become a table of text rows (:mod:`~connectors.pos_files.formats.tables`), whatever its form and
place; a first pass over all of its rows decides how they are to be read (:mod:`~connectors.pos_files.survey`), by
what the client's file and the preset of the system say of them (:mod:`~connectors.pos_files.meaning`); the second
makes entries of them (:mod:`~connectors.pos_files.orders.entries`).

An order is known by its order id, never by its file: ``record_id`` is the order id, so the same export under
another name yields the same entries. A negative amount, a row that ``refunds`` marks, or what an order says was
refunded of it, becomes an entry of stage ``refund`` with a negative amount, a ``record_id`` of its own and the
``order_id`` of the order that gave it back.

What a file does not say of itself (encoding, delimiter, decimal mark, order of day and month) is decided by the
whole file or refused with a message that names the setting; it is never guessed.
"""

from connectors.pos_files.connector import PosFiles, connect

__all__ = ["PosFiles", "connect"]
