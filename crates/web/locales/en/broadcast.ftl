# Going live from the browser: what its script says.

broadcast-camera = Camera
    .named = Camera: { $label }
broadcast-microphone = Microphone
    .named = Microphone: { $label }
broadcast-size = { $width }×{ $height }, { $rate }

broadcast-stopped = Keep this tab open while you are live. If the connection drops, it is made again by itself.
broadcast-connecting = Connecting.
broadcast-live = You are live. Waiting for word from the server of what it receives.
broadcast-received = You are live. The server says: { $what }
broadcast-waiting = The connection is gone. Trying again.
    .in = The connection is gone. Trying again in { $wait }.
broadcast-sends = This browser sends { $width }×{ $height }, { $frames }, { $rate }.
    .sound = This browser sends sound, { $rate }.
broadcast-limit-cpu = That is less than you chose: this device is too slow for more. Choose a smaller size.
broadcast-limit-bandwidth = That is less than you chose: your connection takes no more. Choose a lower bit rate.

# Why there is no picture or sound, and what helps.
broadcast-insecure = Browsers give camera, microphone and screen only to pages that come over HTTPS, or from this computer itself (localhost). Open this page at an address that begins with https://.
broadcast-refused = The browser may not use them. Allow camera and microphone for this page: by the icon beside its address, or in the system's settings for the browser.
broadcast-missing = There is no such device here. Connect it, or choose another one.
broadcast-busy = Another program has the device. Close that program, or choose another device.
broadcast-unfit = The device cannot do what was chosen. Choose another one, or a smaller size.
broadcast-nothing = Choose a picture or a sound: there is nothing to send.
broadcast-no-device = The browser gave neither picture nor sound. Load the page again, or use another browser.
broadcast-device-gone = The device is gone, so the broadcast was stopped. Connect it again, or choose another one.
broadcast-sharing-ended = Sharing the screen was ended, so the broadcast was stopped.

# Why it is over though nobody stopped it.
broadcast-already-live = Someone is already live on this stream. Stop the other sender first, or end the broadcast on this page.
broadcast-was-ended = The broadcast was ended on the page of the stream. Wait 15{"\u00A0"}s, then go live again.
broadcast-logged-out = You are not logged in any more. Load the page again and log in.
broadcast-not-allowed = You may not go live on this stream any more. Load the page again.
broadcast-switched-off = Going live from a browser is switched off on this server. The operator switches it on with the setting webrtc.listen.
broadcast-unsuitable = The server does not take what this browser sends. Try another browser, such as Chrome, Edge or Safari.
broadcast-no-h264 = This browser cannot send H.264, which viewers need. Try another browser, such as Chrome, Edge or Safari.
