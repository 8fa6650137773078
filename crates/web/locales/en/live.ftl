# How a stream stands, wherever it is said.

live-watching = { $count } watching
live-badge = LIVE
live-badge-offline = Offline
live-badge-away = Waiting
live-badge-ended = Ended
live-since = since
live-badge-closed = Closed
live-delay = Delay
live-behind = { $delay } behind live
live-stale = Not up to date: the connection to the server is gone. Trying again.
