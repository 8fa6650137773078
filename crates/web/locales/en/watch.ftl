# The watch page around the player; the player's own words are in player.ftl.

watch-no-script = Playing needs JavaScript
watch-no-script-advice = Allow it for this site, or open the stream in a player such as VLC.
watch-by = By
watch-who = Who can see this
watch-more = More
    .named = More for { $title }
watch-health = How the stream is doing
watch-edit = Edit title and visibility
watch-test = Test the player
watch-date = Added
watch-length = Length
watch-download = Download
watch-edit-video = Edit
watch-processing = Being made ready
    .line = This page shows it when it is.
watch-failed = This video cannot be shown
