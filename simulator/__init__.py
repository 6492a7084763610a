"""ehubsim: a simulator of AEMO's NEM retail e-Hub and of the Netstream readings API.

The names here are promised; nothing else is.
"""

__version__ = "0.1.0"
