"""The trail: records, ledger, fingerprints and the mirror in MLflow."""
