# Figures with their units; the space before a unit does not break.

unit-just-now = just now
unit-ms = { $n }{"\u00A0"}ms
unit-s = { $n }{"\u00A0"}s
unit-min = { $n }{"\u00A0"}min
unit-h = { $n }{"\u00A0"}h
unit-h-min = { $h }{"\u00A0"}h { $min }{"\u00A0"}min
unit-d = { $n }{"\u00A0"}d
unit-d-h = { $d }{"\u00A0"}d { $h }{"\u00A0"}h
unit-kbps = { $n }{"\u00A0"}kb/s
unit-mbps = { $n }{"\u00A0"}Mb/s
unit-kb = { $n }{"\u00A0"}kB
unit-mb = { $n }{"\u00A0"}MB
unit-gb = { $n }{"\u00A0"}GB
unit-tb = { $n }{"\u00A0"}TB
unit-fps = { $n }{"\u00A0"}fps
unit-yesterday = Yesterday { $time }
