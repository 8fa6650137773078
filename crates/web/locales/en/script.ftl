# What scripts of pages say, beside the words that the server's pages use too.

script-began = { $title } is live
script-ended = { $title } is not live any more
