"""How bytes become rows of text: delimited text, workbooks and Parquet."""
