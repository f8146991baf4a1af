"""Diagnosis by experiment: detectors, interventions, and the ranking of what they show."""
