"""Where bytes rest: the ledger on RocksDB, views in SQL, files on disk."""
