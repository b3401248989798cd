"""The verbs. `run` calls the same functions as the single commands, in order; there is no second orchestrator."""
