"""What is under test: models and losses composed from the config, or a program brought along."""
