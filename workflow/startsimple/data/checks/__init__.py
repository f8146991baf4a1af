"""The checks of the data contract, by what they look at; ids and thresholds are the method's."""
