"""The Google Ads Query Language, as strict as documented: what it cannot read or does not know is an error.

Pages: "Google Ads Query Language grammar", "Query structure", and the reference of ``QueryError``. Which of the errors
Google gives where several would do is not documented; the place that raises one says what led to it. Metrics, segments
and dates are not served.
"""
