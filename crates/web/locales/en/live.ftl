# How a stream stands, wherever it is said.

live-watching = { $count } watching
live-badge = LIVE
live-badge-offline = Offline
live-badge-away = Waiting
live-badge-ended = Ended
live-since = since
