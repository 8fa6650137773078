# The page that describes the API.

api-title = API
api-about-page = Every call, with what it takes and answers, and a line for the command line.
api-key = A program comes with an API key, which stands in KEY here. A browser comes with its login, whose cookie stands in COOKIE where a key will not do.
api-document = The same as OpenAPI 3.1
api-nouns = Calls by what they are about
api-noun-streams = Streams
api-noun-keys = Stream keys
api-noun-videos = Videos
api-noun-images = Images
api-noun-uploads = Uploads
api-noun-codes = Access codes
api-noun-people = People and keys
api-noun-watching = Watching
api-noun-publishing = Publishing
api-noun-server = The server
api-shapes = Fields of bodies and answers
api-parameter = Parameter
api-field = Field
api-kind = Kind
api-about = What it is
api-optional = optional
api-problems = Problems:
api-line = The line for
