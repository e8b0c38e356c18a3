"""An owner's files, columns and codes made into those of a contract."""
