"""A person is forgotten: found, erased, kept out of later runs, and given a receipt."""
