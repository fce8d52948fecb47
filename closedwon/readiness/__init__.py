"""Why a campaign does or does not learn from conversions: what the platforms require, measured on a client's own.

``requirements`` says what is required, as data; ``measures`` says how each is measured, on ``evidence`` from the ledger
and on what ``platforms`` answer; ``judging`` joins the two. Nothing is sent and nothing is changed.
"""
