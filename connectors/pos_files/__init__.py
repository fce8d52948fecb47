"""POS files: a till's CSV or TSV exports, matched by a glob and read as purchases and refunds.

An order is known by its order id, never by its file: ``record_id`` is the order id, so the same export under
another name yields the same entries. A negative amount, or a row that ``refunds`` marks, becomes an entry of stage
``refund`` with a negative amount and a ``record_id`` of its own.

What a file does not say of itself (encoding, delimiter, decimal mark, order of day and month) is decided by the
whole file or refused with a message that names the setting; it is never guessed.
"""

from connectors.pos_files.connector import PosFiles, connect

__all__ = ["PosFiles", "connect"]
