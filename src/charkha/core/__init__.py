"""Records, ids, errors, the recipe, the run folder, the reply store: what every room shares and no room owns."""
