# Pages for what went wrong: what happened, what to do, the number to report.

error-home = Go to the home page
error-report = If you report this, give the number
error-400 = The server could not read this
error-403 = This is not allowed
error-404 = There is no page here
    .advice = The address may have a typing mistake, or what was here has been removed. If someone sent you the link, ask for it again.
error-405 = This page does not take that
error-408 = This took too long to arrive
    .advice = Check your connection and try again.
error-429 = Too many tries
    .advice = Try again in { $wait }.
error-500 = Something broke on the server
    .advice = It has been written to its log.
error-503 = The server has too much to do
