"""B2MMessagingPull v1: submit, acknowledge, list, get.

    participant                                   e-Hub
      │ POST submitMessages  (messageContextID)     │
      │────────────────────────────────────────────►│
      │◄──────────── 200, acknowledgement ──────────│   in the calling thread
      │ GET getQueueMetaData                        │
      │────────────────────────────────────────────►│
      │◄──────────── 200, HubQueueReport ───────────│
      │ GET getMessages?messageContextID=…          │
      │────────────────────────────────────────────►│   repeatable
      │◄──────────── 200, message ──────────────────│
      │ POST submitMessageAcknowledgements          │
      │────────────────────────────────────────────►│   only this removes it
      │◄──────────── 200, acknowledgement ──────────│

Source: AEMO's B2MMessagingPull v1 API description; silent points are `hub.switches`.
"""

from simulator.apis.b2m_pull.face import FACE

__all__ = ["FACE"]
