"""The database of what was read, queued, sent and answered: what makes "once each" true across kills and re-reads."""

from closedwon.ledger.errors import LedgerError, RunInProgressError
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.states import State

__all__ = ["Ledger", "LedgerError", "RunInProgressError", "State"]
