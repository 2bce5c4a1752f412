"""The rules of certificates, pure: one module per subject, each imported by its own name."""
