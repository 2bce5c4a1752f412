"""Training: what is taught about forests and carbon, how it is asked, and what shows that it was learnt."""
