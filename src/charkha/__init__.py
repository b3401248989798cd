"""Charkha spins a language's own Wikipedia into culturally grounded instruction data.

The house is described in docs/design.md: `core` at the bottom, `cli` at the top; nothing imports upwards.
"""

__version__ = "0.1.0"
