"""HubMessageManagement v2 and v1: which stop files stand, which acknowledgements were bad, and whether the hub is up.

    participant                                              e-Hub
      │ GET v2/getAlerts?alertType=B2MStopFile                 │
      │───────────────────────────────────────────────────────►│
      │◄──────────── 200, HubFlowControlReport ────────────────│   none stands: ResultCount 0
      │ GET 1.0/alerts?initiatingParticipantID=…&alertType=…   │
      │───────────────────────────────────────────────────────►│   the same, v1's own parameter style
      │ GET 1.0/ping?initiatingParticipantID=…                 │
      │───────────────────────────────────────────────────────►│
      │◄──────────── 200, empty ───────────────────────────────│   connected, authorised, hub up

Sources: AEMO's HubMessageManagement v2 and v1 API descriptions, aseXML hub management schema r37.
"""

from simulator.apis.hub_management.face import FACE

__all__ = ["FACE"]
