# Whether the browser that looks reaches the port of WebRTC.

reach-title = Real time from here
reach-again = Look again
reach-script = Whether this browser reaches the server in real time is found out by a script, which does not run here.
reach-looking = Looking whether this browser reaches the server in real time…
reach-udp = This browser reaches the server over UDP, at { $address }. Viewers on networks like yours get real time.
reach-tcp = UDP does not get through to { $offered }; real time works over TCP, at { $address }, with more delay where packets are lost.
    .fix = Open UDP port { $port } in the server’s firewall, and forward it where the server stands behind a router.
reach-none = Neither UDP nor TCP gets through to { $offered }. Viewers on networks like yours watch by low-delay HLS, about a second behind.
    .fix = Open port { $port } for UDP and TCP in the server’s firewall. Behind a router or in a container, forward it, and name the address from outside in webrtc.public_addresses.
reach-off = Real time is switched off on this server (webrtc.listen). Viewers watch by low-delay HLS, about a second behind.
reach-unknown = This browser has no WebRTC, so it cannot look.
reach-failed = The server could not be asked.
    .fix = Look again in a moment.
