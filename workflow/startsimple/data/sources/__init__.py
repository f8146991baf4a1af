"""One module per dataset: a function that rebuilds its splits from their origin."""
