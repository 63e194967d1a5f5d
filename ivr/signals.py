"""What the phone side announces; `agents` and `recordings` listen.

Every signal is sent inside the transaction of the fact, with `tx=` (the transaction) and `call=` (the `Call`
row) and the `Centre` as its sender. A listener writes rows and schedules due work in that transaction, and
does no input or output.
"""

from typing import Final

from blinker import NamedSignal, Namespace

_signals: Final = Namespace()

caller_queued: Final[NamedSignal] = _signals.signal("caller_queued", "a call joined a queue; also `queue=`")
caller_left: Final[NamedSignal] = _signals.signal("caller_left", "a call left its queue unserved; also `reason=`")
call_ended: Final[NamedSignal] = _signals.signal("call_ended", "the caller's own connection is over")
