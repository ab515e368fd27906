"""Finding: the index, results, suggestions and similar threads. Reacts to what threads publish."""
