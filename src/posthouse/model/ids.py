"""The types of identity and time that cross every border of the house.

Events, deliveries and parcels carry UUIDv7 strings (RFC 9562), made by the process that writes them, so that a
function over a transaction can be run again with the same ids. What a person configures (sources, targets, endpoints,
bindings, tokens, sessions) carries small integers given by the ledger. `*_seq` is a position in the ledger: rising,
never reused.
"""

from typing import NewType

EventId = NewType("EventId", str)
DeliveryId = NewType("DeliveryId", str)
ParcelId = NewType("ParcelId", str)

ProjectId = NewType("ProjectId", int)
SourceId = NewType("SourceId", int)
TargetId = NewType("TargetId", int)
EndpointId = NewType("EndpointId", int)
BindingId = NewType("BindingId", int)
TokenId = NewType("TokenId", int)
SessionId = NewType("SessionId", int)

Millis = NewType("Millis", int)
"""An instant: Unix time in integer milliseconds."""

DEFAULT_PROJECT = ProjectId(1)
