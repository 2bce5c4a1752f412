"""Reports: what is told, how parts are put together, and when a month is written down."""
