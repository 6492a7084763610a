"""Netstream over HTTP: tokens as Entra issues them, GetMeterReadings as ASP.NET serves it."""

from simulator.apis.netstream.face import SERVICE

__all__ = ["SERVICE"]
