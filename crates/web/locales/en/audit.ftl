# What was changed, by whom, when and from where.

audit-title = Audit log
audit-about = Every change with who made it, for 400 days
audit-none = Nothing is older than this.
audit-when = When
audit-who = Who
audit-what = What
audit-subject = About
audit-from = From
audit-older = Older
audit-newest = Newest

audit-via-login = on a page
audit-via-api_key = with an API key
audit-via-command_line = Command line
audit-via-nobody = Not logged in
audit-via-server = The server

audit-action-person-added = Added a person
audit-action-person-password_set = Set a password
audit-action-person-link_made = Made a link to set a password
audit-action-person-disabled = Disabled a person
audit-action-person-enabled = Enabled a person
audit-action-login-began = Logged in
audit-action-login-ended = Login ended
audit-action-stream-added = Added a stream
audit-action-stream-changed = Changed a stream
audit-action-stream-deleted = Deleted a stream
audit-action-stream_key-added = Made a stream key
audit-action-stream_key-revoked = Revoked a stream key
audit-action-api_key-added = Made an API key
audit-action-api_key-revoked = Revoked an API key
audit-action-setting-changed = Changed a setting
audit-action-video-added = Added a video
audit-action-video-changed = Changed a video
audit-action-video-deleted = Deleted a video
audit-action-image-added = Added an image
audit-action-image-changed = Changed an image
audit-action-image-deleted = Deleted an image
audit-action-access_code-added = Made an access code
audit-action-access_code-changed = Changed an access code
audit-action-access_code-deleted = Deleted an access code
