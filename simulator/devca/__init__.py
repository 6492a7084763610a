"""A development CA and its leaves in a directory, and the participant a client certificate stands for."""

from simulator.devca.directory import Certificates, bundle, ensure
from simulator.devca.names import ENVIRONMENT, peer_of

__all__ = ["ENVIRONMENT", "Certificates", "bundle", "ensure", "peer_of"]
