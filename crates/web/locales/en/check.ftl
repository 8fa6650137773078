# The self-check: `check-{id}` names a line, `check-{id}-{state}` says what was found, `.fix` what to do.
# Pages show it beside setup and at /admin/check, `media-server doctor` on the command line.

## Every port says the same

check-port-listening = Listening on { $address }
check-port-local = Listening on { $address }: only this machine reaches it
check-port-free = Free: { $address }
check-port-any = A free port of { $ip } will be taken
check-port-held = { $address } is held by { $holder }
    .fix = Stop { $holder }, or choose another port: { $setting } = "{ $ip }:PORT"
check-port-held-unknown = { $address } is held by a program of user { $user }; which one, only root may see
    .fix = “ss -lntup” as root says which program it is: stop it, or choose another port: { $setting } = "{ $ip }:PORT"
check-port-taken = { $address } is held by another program
    .fix = Stop that program, or choose another port: { $setting } = "{ $ip }:PORT"
check-port-denied = This user may not listen on { $address }: ports below 1024 need a permission
    .fix = Give the program the capability CAP_NET_BIND_SERVICE, or choose a port above 1023: { $setting } = "{ $ip }:PORT"
check-port-unavailable = Cannot listen on { $address }: { $error }
    .fix = Choose an address that this machine has: { $setting } = "[::]:PORT" listens on all of them
check-port-off = Switched off
check-port-later = Not in use yet: it comes with a later version. { $address } is free
check-port-later-held = Not in use yet: it comes with a later version. { $address } is taken: { $holder }
check-port-later-off = Switched off, and not in use yet

check-http = Pages and viewing (HTTP)
check-http-listening = { check-port-listening }
check-http-local = { check-port-local }
check-http-free = { check-port-free }
check-http-any = { check-port-any }
check-http-held = { check-port-held }
    .fix = { check-port-held.fix }
check-http-held-unknown = { check-port-held-unknown }
    .fix = { check-port-held-unknown.fix }
check-http-taken = { check-port-taken }
    .fix = { check-port-taken.fix }
check-http-denied = { check-port-denied }
    .fix = { check-port-denied.fix }
check-http-unavailable = { check-port-unavailable }
    .fix = { check-port-unavailable.fix }
check-http-off = Switched off: there is nothing to serve
    .fix = Give it an address again: http.listen = "[::]:3000"
check-http-behind = Listening on { $address }, for the proxy on this machine

check-rtmp = Encoders (RTMP)
check-rtmp-listening = { check-port-listening }
check-rtmp-local = { check-port-local }
check-rtmp-free = { check-port-free }
check-rtmp-any = { check-port-any }
check-rtmp-held = { check-port-held }
    .fix = { check-port-held.fix }
check-rtmp-held-unknown = { check-port-held-unknown }
    .fix = { check-port-held-unknown.fix }
check-rtmp-taken = { check-port-taken }
    .fix = { check-port-taken.fix }
check-rtmp-denied = { check-port-denied }
    .fix = { check-port-denied.fix }
check-rtmp-unavailable = { check-port-unavailable }
    .fix = { check-port-unavailable.fix }
check-rtmp-off = Switched off: encoders cannot publish

check-webrtc = Real time (WebRTC, UDP)
check-webrtc-listening = { check-port-listening }
check-webrtc-local = { check-port-local }
check-webrtc-free = { check-port-free }
check-webrtc-any = { check-port-any }
check-webrtc-held = { check-port-held }
    .fix = { check-port-held.fix }
check-webrtc-held-unknown = { check-port-held-unknown }
    .fix = { check-port-held-unknown.fix }
check-webrtc-taken = { check-port-taken }
    .fix = { check-port-taken.fix }
check-webrtc-denied = { check-port-denied }
    .fix = { check-port-denied.fix }
check-webrtc-unavailable = { check-port-unavailable }
    .fix = { check-port-unavailable.fix }
check-webrtc-off = Switched off: viewers watch by HLS, about a second behind

check-metrics = Metrics
check-metrics-listening = { check-port-listening }
check-metrics-local = Listening on { $address }, for this machine only
check-metrics-free = { check-port-free }
check-metrics-any = { check-port-any }
check-metrics-held = { check-port-held }
    .fix = { check-port-held.fix }
check-metrics-held-unknown = { check-port-held-unknown }
    .fix = { check-port-held-unknown.fix }
check-metrics-taken = { check-port-taken }
    .fix = { check-port-taken.fix }
check-metrics-denied = { check-port-denied }
    .fix = { check-port-denied.fix }
check-metrics-unavailable = { check-port-unavailable }
    .fix = { check-port-unavailable.fix }
check-metrics-off = { check-port-off }
check-metrics-open = Listening on { $address }: whoever reaches it reads the figures

check-compat-hls = MediaMTX’s HLS port
check-compat-hls-later = { check-port-later }
check-compat-hls-later-held = { check-port-later-held }
check-compat-hls-later-off = { check-port-later-off }

check-compat-webrtc = MediaMTX’s WebRTC port
check-compat-webrtc-listening = { check-port-listening }
check-compat-webrtc-local = Listening on { $address }, for programs on this machine
check-compat-webrtc-free = { check-port-free }
check-compat-webrtc-any = { check-port-any }
check-compat-webrtc-held = { $holder } has { $address }: this server does without that door
check-compat-webrtc-held-unknown = A program of the user { $user } has { $address }: this server does without that door
check-compat-webrtc-taken = Another program has { $address }: this server does without that door
check-compat-webrtc-denied = { check-port-denied }
    .fix = { check-port-denied.fix }
check-compat-webrtc-unavailable = { check-port-unavailable }
    .fix = { check-port-unavailable.fix }
check-compat-webrtc-off = { check-port-off }

check-compat-api = MediaMTX’s API port
check-compat-api-later = { check-port-later }
check-compat-api-later-held = { check-port-later-held }
check-compat-api-later-off = { check-port-later-off }

check-reach = Addresses for real time
check-reach-public = Browsers are sent to { $addresses }; the Go-live page of a stream tries whether yours gets there
check-reach-network = Browsers on this network are sent to { $addresses }; the Go-live page of a stream tries whether yours gets there
check-reach-outside = Browsers are sent to { $addresses }, which visitors of { $url } do not reach from outside
    .fix = Open port { $port } for UDP and TCP on the way here, and name the address from outside: webrtc.public_addresses = ["203.0.113.7"]
check-reach-local = Browsers on this machine alone get real time; others watch by HLS, about a second behind
check-reach-invalid = { $error }
    .fix = Correct it in the settings.
check-reach-off = Real time is switched off

## How visitors come here

check-address = Public address
check-address-set = { $url }
check-address-request = Taken from each request; http.public_url fixes it for links that are sent around
check-address-seen = { $seen }, taken from this request
check-address-direct = Visitors come to { $url }; you came by { $seen }
check-address-invalid = http.public_url is “{ $url }”, which is no address of a site
    .fix = Write scheme and host alone: http.public_url = "https://media.example.org"
check-address-differs = Links name { $url }, but you came by { $seen }
    .fix = Open this page at { $url }. If visitors cannot reach that, correct it: http.public_url = "{ $seen }"
check-address-scheme = Links name { $url }, but you came by { $seen }: logging in does not hold with one of the two
    .fix = Lead every visitor to one of them. If it is the one you came by: http.public_url = "{ $seen }". If it is the other, let the proxy redirect, and send X-Forwarded-Proto

check-proxy = Proxy in front
check-proxy-none = None, and none is trusted
check-proxy-trusted = { $proxies }
check-proxy-direct = { $proxies } is trusted; you came around it
check-proxy-working = { $peer } is trusted, and says who asks
check-proxy-invalid = http.trusted_proxies holds “{ $entry }”, which is neither an address nor a network
    .fix = Write addresses or networks: http.trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
check-proxy-everyone = { $entry } is trusted: everybody can pretend to be somebody else
    .fix = Name the proxies alone: http.trusted_proxies = ["{ $peer }"]
check-proxy-untrusted = { $peer } says that it forwards, and is not trusted: every visitor counts as one address, and encryption is not seen
    .fix = If { $peer } is your proxy, trust it: http.trusted_proxies = ["{ $peer }"]
check-proxy-silent = { $peer } is trusted, but does not say who asks: every visitor counts as one address
    .fix = Let the proxy send X-Forwarded-For and X-Forwarded-Proto
check-proxy-no-proto = { $peer } is trusted, but does not say whether visitors come encrypted
    .fix = Let the proxy send X-Forwarded-Proto, or name the address: http.public_url = "https://{ $host }"

check-tls = Encryption (TLS)
check-tls-proxy = { $url } is encrypted, by the proxy in front
check-tls-none = Plain HTTP; enough on this machine or at home
check-tls-plain = { $url } is plain HTTP: passwords and cookies can be read on the way
    .fix = Put a proxy with TLS in front, and write http.public_url = "https://{ $host }"
check-tls-unused = { $setting } is set, but this version does not speak TLS by itself yet: visitors get plain HTTP
    .fix = Put a proxy with TLS in front, write http.public_url = "https://…", and take { $setting } out

## The machine

check-disk = Disk space
check-disk-enough = { $free } free of { $total }
check-disk-low = Only { $free } free of { $total }
    .fix = Make room at { $path }, or move the data directory to a larger disk
check-disk-full = { $free } free of { $total }: the database will soon be unable to save
    .fix = Make room at { $path } now
check-disk-inodes = { $free } free, but no room for more files ({ $files } left)
    .fix = Delete small files at { $path }, or move the data directory to a file system with more inodes
check-disk-read-only = { $path } cannot be written: its file system is read-only
    .fix = Mount it writable; in a container, give it a volume of its own
check-disk-unknown = The file system of { $path } does not say how much is free: { $error }
    .fix = Look at the disk; when it is on the network, at the connection
check-disk-stuck = { $path } did not answer within { $seconds } s
    .fix = Look at the disk; when it is on the network, at the connection

check-clock = Clock
check-clock-right = { $now }
check-clock-past = { $now } is before this version was made
    .fix = Set the clock, and keep it right with a time service: systemd-timesyncd or chrony
check-clock-future = { $now } is too far ahead
    .fix = Set the clock, and keep it right with a time service: systemd-timesyncd or chrony
check-clock-filesystem = { $now }, but files are stamped { $seconds } s away from it
    .fix = Keep the clocks of this machine and of its file server right with a time service: systemd-timesyncd or chrony
check-clock-stepped = { $now }; it was set by { $seconds } s while the server ran, and what ends at a time ended too early or too late
    .fix = Keep it right with a time service: systemd-timesyncd or chrony

check-database = Database
check-database-whole = SQLite { $sqlite }, form { $form }, whole
check-database-new = SQLite; made at the first start
check-database-large = SQLite { $sqlite }, form { $form }; too large to be looked through in a moment
check-database-older = SQLite { $sqlite }, form { $form }; brought to form { $known } at the next start
check-database-newer = Form { $form } was written by a newer version; this one knows { $known }
    .fix = Update Media Server, or restore a backup from before the update
check-database-old-sqlite = SQLite { $sqlite } has a bug that can damage the database
    .fix = Build Media Server with SQLite 3.51.3 or later
check-database-damaged = Damaged: { $what }
    .fix = Stop the server, keep a copy of the data directory, and restore a backup
check-database-unreadable = Cannot be read: { $what }
    .fix = Look at { $path }; if it is damaged, stop the server and restore a backup
check-database-denied = { $path } may not be read by user { $user }
    .fix = Run this as the user who runs the server
check-database-stuck = Did not answer within { $seconds } s
    .fix = Look at the disk under { $path }, and for a program that holds the database

check-permissions = File permissions
check-permissions-private = { $path } is open to its owner alone
check-permissions-new = { $path } will be made, for its owner alone
check-permissions-open = Others on this machine may look into { $what }
    .fix = Close it: { $command }
check-permissions-exposed = Others on this machine may read { $what }, which hold what protects accounts
    .fix = Close them: { $command }
check-permissions-not-writable = { $path } belongs to user { $owner }, and cannot be written by user { $user }
    .fix = Run this as user { $owner }. If it is { $user } who runs the server: chown -R { $user } { $quoted }
check-permissions-no-parent = { $path } cannot be made by user { $user }
    .fix = Make it for the user who runs the server: install -d -m 700 -o { $user } { $quoted }
check-permissions-no-folder = { $path } is not a directory
    .fix = Move it away, or choose another data directory
check-permissions-unknown = { $path } cannot be looked at: { $error }
    .fix = Run this command as the user who runs the server

check-files = Open files
check-files-enough = { $limit } at once: enough for about { $viewers } viewers
check-files-unlimited = No limit
check-files-few = Only { $limit } at once: enough for about { $viewers } viewers
    .fix = Raise the hard limit to 65536 or more: LimitNOFILE= in a systemd unit, ulimits in a compose file, ulimit -Hn in a shell

check-ffmpeg = FFmpeg
check-ffmpeg-found = { $version }, at { $path }
check-ffmpeg-silent = At { $path }; it did not tell its version in time
check-ffmpeg-absent = Not found. Nothing needs it yet: live streams work without it

## The command line alone

check-server = Server
check-server-silent = A server has { $path }, but does not answer
    .fix = Look into its log; if it hangs, end it and start it again
