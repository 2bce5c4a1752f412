"""Certificates: what may be said of a retirement, on paper and on a page that anyone can check."""
