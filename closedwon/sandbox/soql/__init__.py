"""SOQL as Salesforce documents it: parsed, checked against a schema, and run over records in memory.

Strict on purpose: what the language refuses (a quoted date-time, AND mixed with OR, an unknown column) is
refused here with the same words, so that a query which works here can be expected to work there.
Reference: https://developer.salesforce.com/docs/platform/salesforce-soql-sosl/guide/
"""

from closedwon.sandbox.soql.errors import SoqlError
from closedwon.sandbox.soql.execute import Column, Database, Result, execute
from closedwon.sandbox.soql.parser import parse
from closedwon.sandbox.soql.schema import Entity, Field

__all__ = ["Column", "Database", "Entity", "Field", "Result", "SoqlError", "execute", "parse"]
