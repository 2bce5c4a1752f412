"""Web: words to values, values to words, errors to pages; what every page shares and no room owns."""
